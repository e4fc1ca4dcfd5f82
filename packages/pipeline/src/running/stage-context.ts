import { Turns } from '@tercet/sync';
import type { Chain } from './chain.ts';
import { isOwnCancellation } from './failure.ts';
import { isThenable } from './input.ts';
import type { Input, Step } from './input.ts';
import type { Meter, StageTimes } from './meters.ts';
import type { Mark } from './marks.ts';
import type { Output } from './output.ts';
import type { Pacer } from './pacer.ts';

const NO_MARKS: Mark[] = [];

/** The surroundings of a stage's head: its sections, its output, and the pace of the run. */
export class StageContext {
  readonly label: string;
  readonly chain: Chain;
  readonly pacer: Pacer;
  /** Hands an item to the sections after the head. */
  readonly emit: Step;
  /** Errors beside the one that ends the stage. */
  others: unknown[] | undefined = undefined;
  readonly #times: StageTimes | undefined;
  readonly #output: Output;
  /** Those that have to wait. */
  #marks: Mark[] = NO_MARKS;
  /** Made for the first mark: most pipelines have none. */
  #turns: Turns | undefined = undefined;

  constructor(
    label: string,
    chain: Chain,
    pacer: Pacer,
    output: Output,
    meter: Meter | undefined,
    times: StageTimes | undefined,
  ) {
    this.#output = output;
    this.label = label;
    this.chain = chain;
    this.pacer = pacer;
    this.emit = meter === undefined ? chain.step : meter.countingOut(chain.step);
    this.#times = times;
  }

  /** Passes a mark on behind the items before it; keeps it as long as a section of the chain keeps items. */
  mark(mark: Mark): PromiseLike<unknown> | undefined {
    if (this.#marks === NO_MARKS) this.#marks = [];
    this.#marks.push(mark);
    return this.passMarks();
  }

  /** Keeps a mark until the code of the section next gives an item, or waits. */
  readonly keepMark = (mark: Mark): void => {
    if (this.#marks === NO_MARKS) this.#marks = [];
    this.#marks.push(mark);
  };

  get hasDueMarks(): boolean {
    return this.#marks.length > 0 && !this.chain.holds;
  }

  passMarks(): PromiseLike<unknown> | undefined {
    if (this.#marks.length === 0 || this.chain.holds) return undefined;
    return this.#passAll();
  }

  /** Several workers may come here at a time. Marks are passed on one after the other all the same, since `ack` may wait. */
  #passAll(): Promise<void> {
    this.#turns ??= new Turns('its turn to acknowledge a position');
    return this.#turns.run(async () => {
      // Meanwhile, a section may have begun to keep items again.
      if (!this.chain.holds) await this.#pass(this.#marks.length);
    });
  }

  /** A mark stays until it is acknowledged: a worker that acknowledges may be cancelled alone. */
  async #pass(count: number): Promise<void> {
    for (; count > 0; count--) {
      try {
        await this.#output.mark(this.#marks[0]!);
        this.#marks.shift();
      } catch (error) {
        if (!isOwnCancellation(error)) this.chain.culprit ??= 'checkpointed';
        throw error;
      }
    }
  }

  /** Waits for the input. */
  more(input: Input): Promise<boolean> | boolean {
    if (this.hasDueMarks) return this.#passAll().then(() => this.more(input));
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
    (this.others ??= []).push(error);
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
