import type { Section } from '../describing/section.ts';
import { describedBy, sectionOf } from '../describing/section.ts';
import type { Executor, RemoteFunction } from '../describing/executor.ts';
import { requireCount } from './require.ts';
import { bodySection } from './task-section.ts';
import type { SectionBody } from './task-section.ts';

/**
 * For `workerSection`.
 *
 * @example
 * await openWorkers({ max: 2 }, async (workers) => {
 *   const options: WorkerSectionOptions = { executor: workers, window: 32 };
 * });
 */
export interface WorkerSectionOptions {
  /** Where it runs: one that `openWorkers` of `@tercet/parallel` gives, for instance. */
  readonly executor: Executor;
  /** How many items may be under way between here and there, in each direction; as the executor likes when left out. */
  readonly window?: number;
}

/**
 * A section that runs elsewhere: `fn`, a generator function by its name, gets the items as an async iterable, and what it
 * yields goes on. The worker's function has ended when the section has: when the pipeline fails or is cancelled, it is
 * cancelled, and killed if it does not end.
 *
 * @throws {TypeError} when the executor is missing. @throws {RangeError} when `window` is not an integer of at least 1.
 * @example
 * // work.ts exports `async function* parse(lines: AsyncIterable<string>): AsyncGenerator<unknown>`.
 * interface Work {
 *   parse(lines: AsyncIterable<string>): AsyncGenerator<unknown>;
 * }
 * const work = remote<Work>(new URL('./work.ts', import.meta.url));
 * const parsed = (lines: string[], workers: Executor) =>
 *   pipeline(lines, workerSection(work.parse, { executor: workers }));
 */
export function workerSection<I, O>(
  fn: RemoteFunction<[items: AsyncIterable<I>], AsyncIterable<O>>,
  options: WorkerSectionOptions,
): Section<I, O> {
  const { executor, window } = options ?? {};
  if (typeof executor?.stream !== 'function') {
    throw new TypeError('workerSection() needs an executor, such as one of openWorkers() of @tercet/parallel');
  }
  if (window !== undefined) requireCount('workerSection', 'window', window, 1);
  const bounded = window === undefined ? executor : (executor.with?.({ window }) ?? executor);
  const body: SectionBody<I, O> = (input, emit) =>
    bounded.stream<[AsyncIterable<I>], O, void>(fn, [input], async (results) => {
      for await (const result of results) await emit(result);
    });
  // It is not known which items the worker is done with.
  const work = bodySection('workerSection', body, () => Infinity);
  if (window === undefined) return work;
  return sectionOf({
    kind: 'composition',
    name: 'workerSection',
    sections: [{ kind: 'buffer', name: 'buffer', capacity: window, whenFull: 'wait', isPart: true }, work[describedBy]],
  });
}
