// One consumption of a flow.
//
// A `Flow` is only a description: a source and a list of sections. A call that consumes it makes an `Execution`, which
// cuts the list into stages (plan.ts). Each stage is one task, that reads from an `Input`, and gives its items to the
// synchronous sections that follow in the same task (chain.ts), and they to an `Output`. Two stages are joined by a
// `Link`. The last stage has no task: it runs in the caller, inside the body of the nursery that owns all the others. So
// a flow of synchronous sections alone is a loop in the calling task, and nothing else.
//
// Items travel down, and after them an end or a failure. Both come after the items before them, so that a consumer
// sees exactly what it would see if everything ran in one task. A stage that meets a failure hands it on, and the last
// one reports it to the execution. A failed stage is not an error of its task: the call throws one group, in the end,
// with the failure that has come down first and all others that have happened meanwhile.
//
// The wish for no more items travels up. A stage that ends, for any reason, closes its input. A link that is closed
// drops its items and cancels the task that fills it, which in turn closes its own input; a source is closed by its
// `return()`, shielded, for no longer than the grace. The nursery waits for all of them. Errors of items that are not
// wanted any more are dropped, since fused they would not have happened; errors of cleaning up are not.
//
// A cancellation from outside reaches all tasks at once, by the nursery; it does not travel.
//
// Back-pressure is that a stage does not go on before its output has room: `emit` returns a promise then.
import { isCancelled, named, openNursery } from '@tercet/core';
import type { ExceptionGroup, Nursery } from '@tercet/core';
import { currentClock } from '@tercet/core/lowlevel';
import type { OpenOptions, SectionDescription, SyncDescription } from '../describing/section.ts';
import { FailedUpstream, groupOf, isOwnCancellation } from './failure.ts';
import type { Failure } from './failure.ts';
import type { Input } from './input.ts';
import { Link } from './link.ts';
import type { Meter } from './meters.ts';
import { openSource } from './open-source.ts';
import type { Opened } from './open-source.ts';
import type { Output } from './output.ts';
import { Pacer } from './pacer.ts';
import { Labels, planOf } from './plan.ts';
import type { StagePlan } from './plan.ts';
import { runStage, stageName } from './stage.ts';

/** See the top of this file. */
export class Execution {
  readonly pacer: Pacer = new Pacer();
  readonly #clock = currentClock();
  readonly #meters: Meter[] | undefined;
  readonly #links: Link[] = [];
  readonly #tasks: { cancel(reason?: string): void }[] = [];
  /** Of sections, in the order in which they have happened. */
  readonly #failures: Failure[] = [];
  /** Of sources that were closed. */
  readonly #cleanupFailures: Failure[] = [];
  /** The one that has come down to the end. */
  #arrived: Failure | undefined = undefined;
  #nursery!: Nursery;

  /** @param meters gets a meter for each section, where statistics can be read. */
  constructor(meters?: Meter[]) {
    this.#meters = meters;
  }

  now(): number {
    return this.#clock.now();
  }

  pace(): Promise<void> | undefined {
    return this.pacer.isDue() ? this.pacer.turn() : undefined;
  }

  get measures(): boolean {
    return this.#meters !== undefined;
  }

  /**
   * Opens the nursery, runs `body` in it, and throws the errors that have come meanwhile.
   *
   * @throws {ExceptionGroup} of the failures. @throws {Cancelled} when the surrounding scope is cancelled.
   */
  async run(body: () => Promise<void>, name = 'consumer'): Promise<void> {
    let cancelled: unknown;
    const others: unknown[] = [];
    try {
      await openNursery(async (nursery) => {
        this.#nursery = nursery;
        const { signal } = nursery.cancelScope;
        this.pacer.isCancelled = signal.aborted;
        signal.addEventListener('abort', () => (this.pacer.isCancelled = true), { once: true });
        try {
          await body();
        } catch (error) {
          if (isOwnCancellation(error)) throw error;
          this.arrive(this.failed(error, name));
        } finally {
          this.closeAll('the consumer of the pipeline has ended');
        }
      });
    } catch (error) {
      if (isCancelled(error)) cancelled = error;
      // Several stages were cancelled, but the pipeline is one call.
      else if (isOwnCancellation(error)) cancelled = (error as ExceptionGroup).leaves()[0];
      else others.push(...((error as Partial<AggregateError>).errors ?? [error]));
    }
    this.#throwFailures(others, cancelled);
  }

  #throwFailures(others: unknown[], cancelled: unknown): void {
    const arrived = this.#arrived;
    const isFailed = arrived !== undefined || cancelled !== undefined || others.length > 0;
    const failures = [
      ...(arrived === undefined ? [] : [arrived]),
      ...(isFailed ? this.#failures.filter((failure) => failure !== arrived) : []),
      ...this.#cleanupFailures,
    ];
    if (failures.length === 0 && others.length === 0) {
      if (cancelled !== undefined) throw sayingLoss(cancelled, this.#lost);
      return;
    }
    throw groupOf(failures, cancelled === undefined ? others : [...others, cancelled]);
  }

  /** How many items were between two stages when those were closed. */
  get #lost(): number {
    let lost = 0;
    for (const link of this.#links) lost += link.lost;
    return lost;
  }

  /** Ends what is still at work. */
  closeAll(reason: string): void {
    for (const task of this.#tasks) task.cancel(reason);
    for (const link of this.#links) link.close(reason);
  }

  // ---- stages

  /** The stages of a flow, the last of which gives to `output` and runs in the caller. */
  async runHere(source: unknown, sink: SyncDescription | undefined, output: Output): Promise<void> {
    const labels = new Labels(this.#meters);
    const opened = this.#unfold(source);
    const stages = planOf(opened.sections, labels);
    const last = this.#startAllButLast(opened, stages, labels);
    const placed = sink === undefined ? undefined : { description: sink, label: sink.name, meter: undefined };
    await runStage(this, last.stage, last.input, output, labels, placed);
  }

  /** All stages as tasks. */
  openHere(source: unknown, options: OpenOptions = {}): Link {
    return this.open(source, { ...options, linked: true }, new Labels(this.#meters)) as Link;
  }

  /** All stages of a flow as tasks; what they give is taken from the link. */
  open(source: unknown, options: OpenOptions, labels: Labels): Input {
    const opened = this.#unfold(source);
    if (opened.sections.length === 0 && !(options.linked === true) && !opened.isForeign) return opened.read();
    const stages = planOf(opened.sections, labels);
    const last = this.#startAllButLast(opened, stages, labels);
    return this.#startStage(last.stage, last.input, labels, { ...last.stage.link, ...linkOptions(options) });
  }

  /** Sections on an input that is there already. */
  attach(input: Input, sections: readonly SectionDescription[], options: OpenOptions, labels: Labels): Input {
    const stages = planOf(sections, labels);
    const last = this.#startAllButLast(
      { source: input, sections: [], read: () => input, isForeign: false },
      stages,
      labels,
    );
    return this.#startStage(last.stage, last.input, labels, { ...last.stage.link, ...linkOptions(options) });
  }

  /** Calls the functions among the sources: the user's code. */
  #unfold(source: unknown): Opened {
    try {
      return openSource(source);
    } catch (error) {
      throw isOwnCancellation(error) ? error : new FailedUpstream(this.failed(error, 'source'));
    }
  }

  #startAllButLast(
    opened: Opened,
    stages: readonly StagePlan[],
    labels: Labels,
  ): { stage: StagePlan; input: () => Input } {
    let input: () => Input = () => opened.read();
    for (const [index, stage] of stages.entries()) {
      if (index === stages.length - 1) return { stage, input };
      // A head that may read the source itself needs no stage before it.
      if (index === 0 && isEmpty(stage) && readsDirectly(stages[1]!, opened)) continue;
      const link = this.#startStage(stage, input, labels, stage.link);
      if (isLazy(stages[index + 1]!.head)) link.want(0);
      input = () => link;
    }
    throw new TypeError('a pipeline has at least one stage');
  }

  #startStage(stage: StagePlan, input: () => Input, labels: Labels, options: StagePlan['link']): Link {
    const link = this.newLink(options);
    // The function itself gets the name, without a function around it: see `named`.
    const name = stageName(stage);
    const { [name]: task } = { [name]: (): Promise<void> => runStage(this, stage, input, link, labels) };
    link.producer = this.#nursery.startSoon(task!);
    return link;
  }

  /** Joins two stages; closed when the consumer leaves. */
  newLink(options: StagePlan['link'] = {}): Link {
    const link = new Link(options);
    this.#links.push(link);
    return link;
  }

  /** A task beside the stages; cancelled when the consumer leaves. */
  startTask(name: string, body: () => Promise<void>): { cancel(reason?: string): void } {
    const task = this.#nursery.startSoon(named(name, body));
    this.#tasks.push(task);
    return task;
  }

  // ---- failures

  failed(error: unknown, label: string): Failure {
    if (error instanceof FailedUpstream) return error.failure;
    const failure = { error, label };
    this.#failures.push(failure);
    return failure;
  }

  cleanupFailed(error: unknown, label: string): void {
    this.#cleanupFailures.push({ error, label });
  }

  /** A failure has come down to the end. */
  arrive(failure: Failure): void {
    this.#arrived ??= failure;
  }
}

/** A cancellation whose reason says how many items are lost: a channel as the source goes on behind those. */
function sayingLoss(cancelled: unknown, lost: number): unknown {
  if (lost === 0 || !isCancelled(cancelled)) return cancelled;
  const reason = cancelled.reason === undefined ? '' : `${cancelled.reason}; `;
  Reflect.defineProperty(cancelled, 'reason', {
    value: `${reason}${lost} items were in flight`,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  return cancelled;
}

function linkOptions({ capacity }: OpenOptions): StagePlan['link'] {
  return capacity === undefined ? {} : { capacity };
}

function isEmpty({ head, chain, link }: StagePlan): boolean {
  return head === undefined && chain.length === 0 && link.capacity === undefined;
}

/** Whether it says itself when it wants items. */
function isLazy(head: StagePlan['head']): boolean {
  return head?.description.kind === 'task' && head.description.isLazy === true;
}

/** An async iterator works beside the head, and must not be asked under scopes that the head has opened. */
function readsDirectly({ head }: StagePlan, { isForeign }: Opened): boolean {
  if (head === undefined) return false;
  const { description } = head;
  if (description.kind === 'combiner' && description.linked) return false;
  return !isForeign;
}
