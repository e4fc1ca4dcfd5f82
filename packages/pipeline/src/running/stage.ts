import type { CombinerDescription, SyncDescription, TaskDescription, TaskPlace } from '../describing/section.ts';
import { Chain } from './chain.ts';
import type { Placed } from './chain.ts';
import type { Execution } from './execution.ts';
import { isOwnCancellation } from './failure.ts';
import { NOTHING } from './input.ts';
import type { Input, Step } from './input.ts';
import { Link } from './link.ts';
import { runMap } from './mapping.ts';
import { Mark, MarkedInput, MarkingInput } from './marks.ts';
import { StageTimes } from './meters.ts';
import type { Output } from './output.ts';
import type { Labels, StagePlan } from './plan.ts';
import { AsyncIteratorInput } from './source-inputs.ts';
import type { Interruption } from './source-inputs.ts';
import { StageContext } from './stage-context.ts';

/** The name of its task: that of its sections. */
export function stageName({ head, chain }: StagePlan): string {
  const labels = [...(head === undefined ? [] : [head.label]), ...chain.map(({ label }) => label)];
  return labels.length === 0 ? 'source' : labels.join(', ');
}

/**
 * Runs one stage from beginning to end. It always informs its output how it has ended, and always closes its input, after
 * that; only its own cancellation is thrown.
 *
 * @param sink what takes the items at the end of the flow, as a last section.
 */
export async function runStage(
  execution: Execution,
  stage: StagePlan,
  openInput: () => Input,
  output: Output,
  labels: Labels,
  sink?: Placed<SyncDescription>,
): Promise<void> {
  const { head } = stage;
  const times = execution.measures ? new StageTimes(() => execution.now()) : undefined;
  const sections = sink === undefined ? stage.chain : [...stage.chain, sink];
  let context: StageContext | undefined;
  let input: Input | undefined;
  try {
    const chain = new Chain(sections, lastStep(output, times), execution);
    context = new StageContext(head?.label ?? 'source', chain, execution.pacer, output, head?.meter, times);
    if (output.closed) return;
    input = openInput();
    meterStage(stage, input, times);
    if (chain.hasStart) await chain.start();
    if (!chain.isOver) await runHead(execution, stage, input, output, context, labels);
    // A cancellation comes before the end, wherever in the last step it has happened.
    await context.turnIfCancelled();
    if (!output.closed) await chain.finish();
    await context.passMarks();
    await context.turnIfCancelled();
    output.end();
  } catch (error) {
    if (isOwnCancellation(error)) throw error;
    const culprit = input === undefined || input.hasThrown === true ? 'source' : head?.label;
    const label = context?.chain.culprit ?? culprit ?? 'source';
    output.fail(execution.failed(error, label));
    for (const other of context?.others ?? []) execution.failed(other, label);
  } finally {
    if (input !== undefined) await closeInput(execution, input, stageName(stage));
    times?.end();
  }
}

async function closeInput(execution: Execution, input: Input, name: string): Promise<void> {
  try {
    await input.close(`${name} has ended`);
    // After an early end it is the error of an item that was not wanted; in a cancellation, it may come from cleaning up.
    if (execution.pacer.isCancelled && input.lateError !== undefined) throw input.lateError.error;
  } catch (error) {
    execution.cleanupFailed(error, 'source');
  }
}

/** Not async itself: each frame that waits is memory that an idle stage takes. */
function runHead(
  execution: Execution,
  stage: StagePlan,
  input: Input,
  output: Output,
  context: StageContext,
  labels: Labels,
): Promise<void> {
  const { head } = stage;
  if (output.isFull) return output.room().then(() => runHead(execution, stage, input, output, context, labels));
  if (head === undefined) {
    if (mayHaveMarks(input)) return pumpMarked(input, context);
    const isDriven = input instanceof AsyncIteratorInput && !execution.measures;
    return isDriven ? pumpAsync(input, context) : pump(input, context);
  }
  const { description, label, meter } = head;
  const counted = meter === undefined ? input : meter.countingInput(input);
  if (description.kind === 'map') return runMap(description, counted, context);
  const place = new StagePlace(execution, context, label, labels.within(label));
  const emit = (item: unknown): PromiseLike<unknown> | undefined => {
    const pending = context.emit(item);
    return context.hasDueMarks ? afterMarks(pending, context) : pending;
  };
  if (mayHaveMarks(input)) return runMarked(description, counted, emit, context, place);
  return description.body(counted, emit, place);
}

/** Marks come through links, from any source above: a section may open one that has them at any time. */
function mayHaveMarks(input: Input): boolean {
  return input instanceof Link || input instanceof MarkingInput;
}

/** Moves items from the input through the chain, in a loop that only waits where it must. */
async function pump(input: Input, context: StageContext): Promise<void> {
  const { chain, pacer } = context;
  const { step } = chain;
  for (;;) {
    const item = input.take();
    if (item === NOTHING) {
      const more = context.more(input);
      if (!(typeof more === 'boolean' ? more : await more)) return;
      continue;
    }
    const pending = step(item);
    if (pending !== undefined) await pending;
    if (chain.ended >= 0) return;
    if (pacer.isDue()) await pacer.turn();
  }
}

/** The same where marks come among the items. */
async function pumpMarked(input: Input, context: StageContext): Promise<void> {
  const { chain, pacer } = context;
  for (;;) {
    const item = input.take();
    if (item === NOTHING) {
      const more = context.more(input);
      if (!(typeof more === 'boolean' ? more : await more)) return;
      continue;
    }
    const pending = item instanceof Mark ? context.mark(item) : chain.step(item);
    if (pending !== undefined) await pending;
    if (context.hasDueMarks) await context.passMarks();
    if (chain.ended >= 0) return;
    if (pacer.isDue()) await pacer.turn();
  }
}

/** A section with its own code does not see the marks. */
async function runMarked(
  description: TaskDescription | CombinerDescription,
  input: Input,
  emit: Step,
  context: StageContext,
  place: StagePlace,
): Promise<void> {
  const marked = new MarkedInput(input, context.keepMark);
  place.keeps = (kept) => void (marked.kept = kept);
  await description.body(marked, emit, place);
  marked.kept = () => 0;
  marked.release();
  await context.passMarks();
}

async function afterMarks(pending: PromiseLike<unknown> | undefined, context: StageContext): Promise<void> {
  await pending;
  await context.passMarks();
}

/** The same for an async iterator, which would have to be waited for at each item. */
async function pumpAsync(input: AsyncIteratorInput, { chain, pacer }: StageContext): Promise<void> {
  const due: Interruption = { pending: undefined };
  const step = (item: unknown): Interruption | undefined => {
    const pending = chain.step(item);
    if (pending !== undefined) return { pending };
    return chain.ended >= 0 || pacer.isDue() ? due : undefined;
  };
  for (;;) {
    const interruption = await input.drive(step);
    if (interruption === false) return;
    if (interruption.pending !== undefined) await interruption.pending;
    if (chain.ended >= 0) return;
    if (interruption === due) await pacer.turn();
  }
}

function lastStep(output: Output, times: StageTimes | undefined): Step {
  if (times === undefined) return (item) => output.put(item);
  return (item) => {
    const pending = output.put(item);
    return pending === undefined ? undefined : blocked(pending, times);
  };
}

async function blocked(pending: PromiseLike<unknown>, times: StageTimes): Promise<void> {
  times.wait('blocked');
  try {
    await pending;
  } finally {
    times.goOn();
  }
}

function meterStage({ head, chain }: StagePlan, input: Input, times: StageTimes | undefined): void {
  for (const meter of [head?.meter, ...chain.map((section) => section.meter)]) {
    if (meter === undefined) continue;
    meter.times = times;
    if (!(input instanceof Link)) continue;
    meter.waiting = () => input.length;
    meter.dropped = () => input.dropped;
  }
}

class StagePlace implements TaskPlace {
  readonly #execution: Execution;
  readonly #context: StageContext;
  readonly #labels: Labels;
  readonly label: string;

  constructor(execution: Execution, context: StageContext, label: string, labels: Labels) {
    this.#execution = execution;
    this.#context = context;
    this.label = label;
    this.#labels = labels;
  }

  open: TaskPlace['open'] = (source, options = {}) => {
    const opened = this.#execution.open(source, options, this.#labels);
    return mayHaveMarks(opened) ? new MarkedInput(opened, this.#context.keepMark) : opened;
  };

  keeps: TaskPlace['keeps'] = () => undefined;

  attach: TaskPlace['attach'] = (input, sections, options = {}) =>
    this.#execution.attach(input, sections, options, this.#labels);

  close(input: Input): Promise<void> {
    return closeInput(this.#execution, input, this.label);
  }

  blame(error: unknown): unknown {
    return this.#context.blame(error);
  }

  alsoFailed(error: unknown): void {
    this.#execution.failed(error, this.label);
  }

  end(): void {
    this.#context.chain.ended = Infinity;
  }

  get isOver(): boolean {
    return this.#context.chain.isOver;
  }

  now(): number {
    return this.#execution.now();
  }

  pace(): Promise<void> | undefined {
    return this.#execution.pace();
  }

  passMarks(): PromiseLike<unknown> | undefined {
    return this.#context.passMarks();
  }

  more(input: Input): Promise<boolean> | boolean {
    return this.#context.more(input);
  }
}
