import { checkpoint } from '@tercet/core';
import { inspectAs, rejected, rejectIfCancelled, runOutside } from '@tercet/core/lowlevel';
import { ReadableReceiver, closedError, iterateChunks } from '@tercet/streams/lowlevel';
import type { ReceiveStream } from '@tercet/streams';

/** The standard input of this program, shared by all streams on it. Bytes read ahead are kept for the next stream. */
class StandardInput {
  readonly receiver: ReadableReceiver;
  /** The stream whose receive is pending, or was the last one. */
  receiving: StandardReceiveStream | undefined = undefined;
  /** The number of open streams. The receiver is attached while it is greater than 0. */
  #holders = 0;

  constructor(input: NodeJS.ReadStream) {
    this.receiver = new ReadableReceiver(input, () => "this program's input", 'openStdin()');
  }

  hold(): void {
    if (this.#holders++ === 0) this.receiver.attach();
  }

  release(): void {
    if (--this.#holders === 0) this.receiver.detach();
  }
}

const inputs = new WeakMap<NodeJS.ReadStream, StandardInput>();

function standardInput(): StandardInput {
  // Node makes the stream at the first access. Inside a task, it would keep the context of that task for ever.
  const stdin = runOutside(() => process.stdin);
  let input = inputs.get(stdin);
  if (input === undefined) inputs.set(stdin, (input = new StandardInput(stdin)));
  return input;
}

/** A stream on the standard input of this program. All of them share it: each byte goes to the stream that asks first. */
export class StandardReceiveStream implements ReceiveStream {
  static {
    inspectAs(this, () => "ReceiveStream of this program's stdin");
  }

  readonly #input = standardInput();
  #closed = false;

  constructor() {
    this.#input.hold();
  }

  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    const cancelled = rejectIfCancelled('receiveSome()');
    if (cancelled !== undefined) return cancelled;
    if (this.#closed) return rejected(this.#closedError());
    const input = this.#input;
    if (!input.receiver.hasReceiver) input.receiving = this;
    return input.receiver.receive(maxBytes);
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      const input = this.#input;
      if (input.receiving === this) {
        input.receiver.interrupt(this.#closedError());
        input.receiving = undefined;
      }
      input.release();
    }
    return checkpoint();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return iterateChunks(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #closedError(): Error {
    return closedError('receiveSome()', 'this stream of stdin');
  }
}
