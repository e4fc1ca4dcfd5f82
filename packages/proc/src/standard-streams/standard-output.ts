import { runOutside } from '@tercet/core/lowlevel';

/** Called when bytes have been written, with `undefined`, or could not be, with the error. */
type Done = (error: unknown) => void;

const outputs = new WeakMap<NodeJS.WriteStream, StandardOutput>();

/**
 * Standard output or standard error of this program, shared by all streams that write to it.
 *
 * While a stream holds it, or bytes of a write are on their way, it has one `'error'` listener. So an error rejects the writes
 * that it has prevented, and does not end the process as an unhandled `'error'` event would.
 *
 * The callback of each write reports what became of its bytes. `'drain'` could not: Node does not emit it when the reader
 * goes away.
 */
export class StandardOutput {
  /** The one for this process. */
  static of(name: 'stdout' | 'stderr'): StandardOutput {
    // Node makes the stream at the first access. Inside a task, it would keep the context of that task for ever.
    const target = runOutside(() => process[name]);
    let output = outputs.get(target);
    if (output === undefined) outputs.set(target, (output = new StandardOutput(target)));
    return output;
  }

  readonly #target: NodeJS.WriteStream;
  /** The callbacks of the writes that are on their way. */
  readonly #unwritten = new Set<Done>();
  /** The number of streams and writes that hold it. The listeners are installed while it is greater than 0. */
  #holders = 0;

  private constructor(target: NodeJS.WriteStream) {
    this.#target = target;
  }

  /** Installs the listeners, until as many calls of `release` have followed. */
  hold(): void {
    if (this.#holders++ > 0) return;
    this.#target.on('error', ignore);
    this.#target.on('close', this.#onClose);
  }

  release(): void {
    if (--this.#holders > 0) return;
    this.#target.off('error', ignore);
    this.#target.off('close', this.#onClose);
  }

  /**
   * Writes bytes. The caller must not change them any more.
   *
   * @param done called once, after this call has returned.
   * @returns `'written'` when the system has taken all bytes already; otherwise whether there is room for more.
   */
  write(bytes: Uint8Array | string, done: Done = ignore): 'written' | 'room' | 'full' {
    this.hold();
    let isHeld = true;
    let isDone = false;
    const once: Done = (error) => {
      if (isDone) return;
      isDone = true;
      this.#unwritten.delete(once);
      // Node emits 'error' after it has called back.
      if (isHeld && error === undefined) this.release();
      else if (isHeld) setImmediate(() => this.release());
      done(error);
    };
    this.#unwritten.add(once);
    try {
      const hasRoom = this.#target.write(bytes, (error) => once(error ?? undefined));
      if (!this.isClear || this.errored !== undefined) return hasRoom ? 'room' : 'full';
      // Node will still call back, but can no longer report an error.
      isHeld = false;
      this.#unwritten.delete(once);
      this.release();
      return 'written';
    } catch (error) {
      // A file is written synchronously, so its errors are thrown here.
      setImmediate(() => once(error));
      return 'room';
    }
  }

  /** Waits until all bytes of all writers have left this process, or cannot. Not a checkpoint. */
  async drain(): Promise<void> {
    if (!this.isClear) await new Promise<unknown>((resolve) => this.write('', resolve));
  }

  /** Whether all bytes written so far have left this process. */
  get isClear(): boolean {
    return this.#target.writableLength === 0;
  }

  /** The error of the stream, as far as Node knows one already. */
  get errored(): unknown {
    return this.#target.errored ?? undefined;
  }

  readonly #onClose = (): void => {
    const error = this.errored ?? new Error('the stream was destroyed before everything was written');
    for (const done of this.#unwritten) done(error);
  };
}

function ignore(): void {}
