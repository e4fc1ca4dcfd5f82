import { runOutside } from '@tercet/core/lowlevel';

/** What is told when bytes have been written, or what has kept them from being so. */
type Done = (error: unknown) => void;

const outputs = new WeakMap<NodeJS.WriteStream, StandardOutput>();

/**
 * An output of this program, for all who write to it. They share one listener, which is there only while somebody holds
 * the output or has bytes in it: then an error is that of those whose bytes it keeps from being written, and not one that
 * ends the process.
 *
 * What becomes of bytes is told by the callback of their write. `'drain'` does not come when the reader goes away.
 */
export class StandardOutput {
  /** The one of this process. */
  static of(name: 'stdout' | 'stderr'): StandardOutput {
    // It is made at the first look, and would keep the context of the task that looks for as long as the process lives.
    const target = runOutside(() => process[name]);
    let output = outputs.get(target);
    if (output === undefined) outputs.set(target, (output = new StandardOutput(target)));
    return output;
  }

  readonly #target: NodeJS.WriteStream;
  readonly #unwritten = new Set<Done>();
  #holders = 0;

  private constructor(target: NodeJS.WriteStream) {
    this.#target = target;
  }

  /** One more who uses it, until `release`. */
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
   * Writes bytes, which from now on belong to Node.
   *
   * @param done called once, later; left out by those who can do nothing about it.
   * @returns `'written'` when the system has them all already; otherwise whether there is room for more.
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
      // The callback is still to come, and nothing can go wrong with it.
      isHeld = false;
      this.#unwritten.delete(once);
      this.release();
      return 'written';
    } catch (error) {
      // A file is written in the same step.
      setImmediate(() => once(error));
      return 'room';
    }
  }

  /** Waits until all that anybody has written has left this process, or cannot. */
  async drain(): Promise<void> {
    if (!this.isClear) await new Promise<unknown>((resolve) => this.write('', resolve));
  }

  /** Whether all that was written has left this process. */
  get isClear(): boolean {
    return this.#target.writableLength === 0;
  }

  /** What has kept the last write from being done, as far as that is known at once. */
  get errored(): unknown {
    return this.#target.errored ?? undefined;
  }

  readonly #onClose = (): void => {
    const error = this.errored ?? new Error('it was destroyed before all was written');
    for (const done of this.#unwritten) done(error);
  };
}

function ignore(): void {}
