import type { Chain } from './chain.ts';
import { isThenable } from './input.ts';
import type { Input, Step } from './input.ts';
import type { Meter, StageTimes } from './meters.ts';
import type { Pacer } from './pacer.ts';

/** What the head of a stage works with. */
export class StageContext {
  readonly label: string;
  readonly chain: Chain;
  readonly pacer: Pacer;
  /** Hands an item to the sections after the head. */
  readonly emit: Step;
  /** Errors beside the one that ends the stage. */
  readonly others: unknown[] = [];
  readonly #times: StageTimes | undefined;

  constructor(label: string, chain: Chain, pacer: Pacer, meter: Meter | undefined, times: StageTimes | undefined) {
    this.label = label;
    this.chain = chain;
    this.pacer = pacer;
    this.emit = meter === undefined ? chain.step : meter.countingOut(chain.step);
    this.#times = times;
  }

  /** Waits for the input. */
  more(input: Input): Promise<boolean> | boolean {
    const more = input.more();
    return this.#times === undefined || !isThenable(more) ? more : this.#timed(this.#times, more);
  }

  async #timed(times: StageTimes, more: Promise<boolean>): Promise<boolean> {
    times.wait('idle');
    try {
      return await more;
    } finally {
      times.goOn();
    }
  }

  /** @throws {Cancelled} when the pipeline is cancelled from outside. */
  async turnIfCancelled(): Promise<void> {
    if (this.pacer.isCancelled) await this.pacer.turn();
  }

  /** Notes an error beside the one that ends the stage. */
  alsoFailed(error: unknown): void {
    this.others.push(error);
  }

  /** The error is the head's own. */
  blame(error: unknown): unknown {
    this.chain.culprit ??= this.label;
    return error;
  }

  blaming(fn: (item: unknown) => unknown, item: unknown): unknown {
    try {
      return fn(item);
    } catch (error) {
      throw this.blame(error);
    }
  }
}
