import { checkpoint, ClosedResourceError, StateError } from '@tercet/core';
import type { Duration } from '@tercet/core';
import { inspectAs, WaitQueue } from '@tercet/core/lowlevel';
import type { Section, WhenFull } from '../describing/section.ts';
import { requireSections } from '../flows/checks.ts';
import { Flow, flowOf } from '../flows/flow.ts';
import { Execution } from '../running/execution.ts';
import { InputSource } from '../running/open-source.ts';
import { FailedUpstream } from '../running/failure.ts';
import type { Failure } from '../running/failure.ts';
import { Meter } from '../running/meters.ts';
import type { SectionStatistics } from '../running/meters.ts';
import { describe, requireCount, requireTime } from '../sections/require.ts';
import { Hub } from './hub.ts';
import type { TapChannel } from './tap-channel.ts';
import { makeTapChannel, TapState } from './tap-channel.ts';

/**
 * For `Pipeline.tap`.
 *
 * @example
 * const options: TapOptions = { buffer: 10, whenFull: 'drop-oldest', replay: 1 };
 * await openPipeline(pipeline(['a', 'b']), async (line) => {
 *   await using channel = line.tap(options);
 *   await channel.receive(); // 'a'
 * });
 */
export interface TapOptions {
  /** How many items may wait in it; 0, the default, hands each one over. */
  readonly buffer?: number;
  /**
   * How an item is treated for which there is no room. `'wait'`, the default: the pipeline waits. Otherwise the oldest or
   * the newest item is dropped, or the tap, and only this one, fails with a `TapOverflowError`.
   */
  readonly whenFull?: WhenFull;
  /** How long the pipeline waits, at most; then the tap fails with a `TapOverflowError`. */
  readonly timeout?: Duration;
  /** How many of the items that have come already it gets first. */
  readonly replay?: number;
  /** Whether the pipeline starts with it; true when left out. */
  readonly start?: boolean;
}

/** The state that a pipeline shares with its extensions. */
export interface Shared {
  readonly execution: Execution;
  readonly meters: Meter[];
  readonly history: number;
  /** Cancels the body. */
  fail(failure: Failure): void;
  isOver?: boolean;
  /** Of all taps. */
  readonly taps: Meter[];
}

/** Makes the pipeline that `openPipeline` gives to its body. */
export let makePipeline: <T>(flow: Flow<T>, shared: Shared) => Pipeline<T>;

/**
 * A pipeline that runs, with taps: see `openPipeline`, which makes one.
 *
 * @example
 * await openPipeline(pipeline(sensor, map(toCelsius)), async (readings) => {
 *   for await (const reading of readings.tap()) console.log(reading);
 * });
 */
export class Pipeline<out T> {
  static {
    makePipeline = <T>(flow: Flow<T>, shared: Shared) => new Pipeline<T>(flow, shared);
    inspectAs(this, (pipeline) => `Pipeline ${pipeline.#describe()}`);
  }

  readonly #flow: unknown;
  readonly #shared: Shared;
  readonly #parent: Pipeline<unknown> | undefined;
  readonly #hub: Hub;
  readonly #waiters = new WaitQueue<void>('end of a pipeline');
  #task: { cancel(reason?: string): void } | undefined = undefined;

  private constructor(flow: unknown, shared: Shared, parent?: Pipeline<unknown>) {
    if (shared === undefined) throw new TypeError('Pipeline has no public constructor; use openPipeline()');
    this.#flow = flow;
    this.#shared = shared;
    this.#parent = parent;
    this.#hub = new Hub(shared.history, () => this.#changed());
  }

  /**
   * Attaches a tap: a channel that gets every item from now on, the same objects as every other tap. It starts the pipeline
   * unless `start` is false. Not a checkpoint.
   *
   * @throws {RangeError} when an option does not fit. @throws {ClosedResourceError} when the pipeline has been closed.
   */
  tap(options: TapOptions = {}): TapChannel<T> {
    this.#requireOpen('tap()');
    const { whenFull = 'wait', start = true } = options;
    const buffer = requireCount('tap', 'buffer', options.buffer ?? 0, 0);
    const replay = requireCount('tap', 'replay', options.replay ?? 0, 0);
    if (!['wait', 'drop-oldest', 'drop-newest', 'fail'].includes(whenFull)) {
      throw new TypeError(
        `tap(): whenFull must be 'wait', 'drop-oldest', 'drop-newest' or 'fail', not ${describe(whenFull)}`,
      );
    }
    if (replay !== Infinity && replay > this.#shared.history) {
      throw new RangeError(
        `tap(): replay is ${replay}, but only ${this.#shared.history} items are kept; give openPipeline() { history }`,
      );
    }
    const timeout = options.timeout === undefined ? Infinity : requireTime('tap', 'timeout', options.timeout);
    const state = new TapState(buffer, whenFull, timeout, (error) => this.#reachedBy(error));
    this.#shared.taps.push(meterOf(state, this.#shared.taps.length + 1));
    this.#hub.add(state, replay);
    const tap = makeTapChannel<T>(state);
    if (start) this.start();
    return tap;
  }

  /**
   * A pipeline that is fed by this one, from now on: it can be added while this one runs. It starts with its first tap, or by
   * `start()`, and then starts this one, too. Not a checkpoint.
   *
   * @throws {TypeError} when an argument is not a section.
   */
  extend(): Pipeline<T>;
  extend<A>(a: Section<T, A>): Pipeline<A>;
  extend<A, B>(a: Section<T, A>, b: Section<A, B>): Pipeline<B>;
  extend<A, B, C>(a: Section<T, A>, b: Section<A, B>, c: Section<B, C>): Pipeline<C>;
  extend<A, B, C, D>(a: Section<T, A>, b: Section<A, B>, c: Section<B, C>, d: Section<C, D>): Pipeline<D>;
  extend<A, B, C, D, E>(
    a: Section<T, A>,
    b: Section<A, B>,
    c: Section<B, C>,
    d: Section<C, D>,
    e: Section<D, E>,
    ...more: Section<E, E>[]
  ): Pipeline<E>;
  extend(...sections: unknown[]): Pipeline<unknown> {
    this.#requireOpen('extend()');
    const descriptions = requireSections('extend', sections, 1);
    const state = new TapState(0, 'wait', Infinity, () => undefined);
    this.#hub.add(state, 0);
    const flow = flowOf(new InputSource(state.link), descriptions);
    return new Pipeline<unknown>(flow, this.#shared, this);
  }

  /** Lets the items flow, if they do not already. Not a checkpoint. */
  start(): void {
    if (this.#task !== undefined) return;
    this.#requireOpen('start()');
    const { execution } = this.#shared;
    this.#task = execution.startTask('pipeline', async () => {
      await execution.runHere(this.#flow, undefined, this.#hub);
      if (this.#hub.failure === undefined) await this.#hub.acknowledge();
    });
    this.#parent?.start();
  }

  /**
   * Waits until all sections have ended and have handed on what they had. Starts the pipeline if that has not been done. A
   * checkpoint.
   *
   * @throws {Cancelled} when the pipeline fails, or the surrounding scope is cancelled.
   */
  async finished(): Promise<void> {
    this.start();
    while (!this.#hub.hasEnded && !this.#hub.closed) await this.#waiters.wait(undefined);
    const { failure } = this.#hub;
    if (failure === undefined) return;
    this.#shared.fail(failure);
    await checkpoint();
  }

  /**
   * How many items have passed through each section until now, and what its task has done meanwhile. Numbers are counted from the
   * beginning; sections in one task share its times. Not a checkpoint.
   */
  statistics(): SectionStatistics[] {
    const { meters, taps } = this.#shared;
    return [...meters, ...taps].map((meter) => meter.read());
  }

  /** A reader has come to the failure. */
  #reachedBy(error: unknown): void {
    const failure = error instanceof FailedUpstream ? error.failure : { error, label: 'tap' };
    this.#shared.fail(failure);
  }

  #changed(): void {
    const { failure, taps, closed } = this.#hub;
    if (closed) this.#task?.cancel('all taps were closed');
    // Readers come to a failure after the items before; when there is none to read, now.
    if (failure !== undefined && [...taps].every(({ link }) => link.length === 0)) this.#shared.fail(failure);
    this.#waiters.wakeAll();
  }

  #requireOpen(operation: string): void {
    if (this.#shared.isOver === true) {
      throw new StateError(`${operation}: the body of openPipeline() has ended, and the pipeline with it`);
    }
    if (this.#hub.closed)
      throw new ClosedResourceError(`${operation}: the pipeline has ended, all its taps were closed`);
  }

  #describe(): string {
    const state = this.#hub.hasEnded ? 'ended' : this.#task === undefined ? 'not started' : 'running';
    return `${state}, ${this.#hub.taps.size} taps`;
  }
}

function meterOf({ link }: TapState, index: number): Meter {
  const meter = new Meter(`tap#${index}`);
  link.meter = meter;
  meter.waiting = () => link.length;
  meter.dropped = () => link.dropped;
  return meter;
}
