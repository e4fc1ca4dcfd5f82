import { CancelScope, checkpoint } from '@tercet/core';
import { currentCaller, WaitQueue } from '@tercet/core/lowlevel';
import type { ReceiveChannel } from '@tercet/sync';
import { sectionOf } from '../describing/section.ts';
import type { Section, TaskPlace } from '../describing/section.ts';
import { isOwnCancellation } from '../running/failure.ts';
import { InputChannel } from '../running/input-channel.ts';
import type { Step } from '../running/input.ts';
import { requireFunction } from './require.ts';

/**
 * The body of a section: it receives items and emits others.
 *
 * @example
 * const pairs: SectionBody<string, string> = async (input, emit) => {
 *   let first: string | undefined;
 *   for await (const item of input) {
 *     if (first === undefined) first = item;
 *     else await emit(`${first}${item}`), (first = undefined);
 *   }
 * };
 * await pipeline(['a', 'b', 'c', 'd'], taskSection('pairs', pairs)).toArray(); // ['ab', 'cd']
 */
export type SectionBody<I, O> = (input: ReceiveChannel<I>, emit: (item: O) => Promise<void>) => unknown;

/**
 * A section whose body you write, and which runs in its own task. It ends when the body returns, also before the end of its
 * input, and fails when the body throws.
 *
 * `input` ends with `EndOfChannel`, or as a loop. `emit` waits until there is room, is a checkpoint, and may be called by several
 * tasks at a time. When a section above fails, or those below want nothing more, the body is cancelled.
 *
 * @param name for task trees and errors.
 * @throws {TypeError} when `body` is not a function.
 * @example
 * const dedent = taskSection<string, string>('dedent', async (input, emit) => {
 *   for await (const line of input) await emit(line.trimStart());
 * });
 */
export function taskSection<I, O>(name: string, body: SectionBody<I, O>): Section<I, O> {
  requireFunction('taskSection', body);
  return bodySection(name, body, () => 0);
}

/**
 * A section with that body.
 *
 * @param kept how many of the items that it has received are not done when it receives the next one.
 */
export function bodySection<I, O>(name: string, body: SectionBody<I, O>, kept: () => number): Section<I, O> {
  return sectionOf({
    kind: 'task',
    name,
    async body(input, emit, place) {
      place.keeps(kept);
      const scope = new CancelScope();
      let failure: { readonly error: unknown } | undefined;
      const end = (reason: string, error?: { readonly error: unknown }): void => {
        failure ??= error;
        scope.cancel(reason);
      };
      const items = new InputChannel<I>(input, (error) => end('a section above has failed', { error }));
      const emitter = new Emitter(emit, place, end);
      await scope.run(async () => {
        try {
          await body(items, (item) => emitter.emit(item));
        } catch (error) {
          if (isOwnCancellation(error)) throw error;
          if (failure === undefined) throw place.blame(error);
          // It is cancelled because of a failure, which comes first.
          if (error !== failure.error) place.alsoFailed(error);
        }
      });
      if (failure !== undefined) throw failure.error;
    },
  });
}

type End = (reason: string, error?: { readonly error: unknown }) => void;

/** The `emit` of a body: only one item at a time goes down, even if several tasks emit. */
class Emitter {
  readonly #step: Step;
  readonly #place: TaskPlace;
  readonly #end: End;
  readonly #waiters = new WaitQueue<void>('its turn to emit');
  #isBusy = false;

  constructor(step: Step, place: TaskPlace, end: End) {
    this.#step = step;
    this.#place = place;
    this.#end = end;
  }

  emit(item: unknown): Promise<void> {
    const caller = currentCaller();
    const refused = caller.refuse('emit()');
    if (refused !== undefined) return refused;
    if (this.#isBusy) return this.#emitLater(item);
    const pending = this.#give(item);
    if (pending !== undefined) return this.#finish(pending);
    return this.#place.isOver ? this.#stop() : caller.ready(undefined);
  }

  async #emitLater(item: unknown): Promise<void> {
    while (this.#isBusy) await this.#waiters.wait(undefined);
    const pending = this.#give(item);
    if (pending !== undefined) await this.#finish(pending);
    else if (this.#place.isOver) await this.#stop();
    else this.#waiters.wakeFirst();
  }

  /** The body must not catch what sections below throw. */
  #give(item: unknown): PromiseLike<unknown> | undefined {
    try {
      return this.#step(item);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #finish(pending: PromiseLike<unknown>): Promise<void> {
    this.#isBusy = true;
    try {
      await pending;
    } catch (error) {
      if (isOwnCancellation(error)) throw error;
      this.#end('a section below has failed', { error });
      await checkpoint();
    } finally {
      this.#isBusy = false;
      this.#waiters.wakeFirst();
    }
    if (this.#place.isOver) await this.#stop();
  }

  async #stop(): Promise<void> {
    this.#end('nothing more is wanted');
    await checkpoint();
  }
}
