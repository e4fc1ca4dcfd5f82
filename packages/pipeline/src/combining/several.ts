import { WaitQueue } from '@tercet/core/lowlevel';
import type { Input } from '../running/input.ts';

/** Waits until one of several links has something to take, or has ended. */
export class Several {
  readonly #waiters = new WaitQueue<void>('an item of several sources');
  readonly #inputs = new Set<Input>();

  add(input: Input): void {
    this.#inputs.add(input);
    linkOf(input).listener = () => void this.#waiters.wakeFirst();
  }

  delete(input: Input): void {
    this.#inputs.delete(input);
  }

  /** Lets `wait` return. */
  wake(): void {
    this.#waiters.wakeFirst();
  }

  /** A checkpoint, if it waits. */
  async wait(): Promise<void> {
    for (const input of this.#inputs) if (linkOf(input).isReady) return;
    await this.#waiters.wait(undefined);
  }
}

/** Whether `more` answers at once. */
export function isReady(input: Input): boolean {
  return linkOf(input).isReady;
}

function linkOf(input: Input): NonNullable<Input['link']> {
  if (input.link === undefined) throw new TypeError('only links can be waited for together');
  return input.link;
}
