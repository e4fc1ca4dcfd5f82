import { checkpoint } from '@tercet/core';
import { inspectAs, rejectIfCancelled, runOutside } from '@tercet/core/lowlevel';
import { ReadableReceiver, closedError, iterateChunks } from '@tercet/streams/lowlevel';
import type { ReceiveStream } from '@tercet/streams';

/** The input of this program, with all who have opened it. What has been read ahead is kept for the next one. */
class OwnInput {
  readonly receiver: ReadableReceiver;
  /** Who has begun to receive last. */
  receiving: OwnReceiveStream | undefined = undefined;
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

const inputs = new WeakMap<NodeJS.ReadStream, OwnInput>();

function ownInput(): OwnInput {
  // It is made at the first look, and would keep the context of the task that looks for as long as the process lives.
  const stdin = runOutside(() => process.stdin);
  let input = inputs.get(stdin);
  if (input === undefined) inputs.set(stdin, (input = new OwnInput(stdin)));
  return input;
}

/** One way to the input of this program. All share it: each byte is received once, by whoever asks first. */
export class OwnReceiveStream implements ReceiveStream {
  static {
    inspectAs(this, () => "ReceiveStream of this program's stdin");
  }

  readonly #input = ownInput();
  #closed = false;

  constructor() {
    this.#input.hold();
  }

  receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    const cancelled = rejectIfCancelled('receiveSome()');
    if (cancelled !== undefined) return cancelled;
    if (this.#closed) return Promise.reject(this.#closedError());
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
