import { BrokenResourceError, ClosedResourceError, EndOfChannel, StateError } from '@tercet/core';
import { currentCaller, rejected, RunVar, waitForOne } from '@tercet/core/lowlevel';
import type { Selectable, SelectedCase } from '@tercet/core/lowlevel';

/**
 * The result of a `select` over these cases: the key of the case that took effect, and its value.
 *
 * @example
 * const stop = new Event();
 * const [sender, receiver] = openMemoryChannel<string>(1);
 * const cases = { item: receiver.receiving(), stop: stop.waiting() };
 * const show = (selected: Selected<typeof cases>): string =>
 *   selected.key === 'item' ? selected.value.toUpperCase() : 'stopped'; // a string where it is an item
 * sender.sendNowait('a');
 * show(await select(cases)); // 'A'
 */
export type Selected<C extends Record<string, Selectable<unknown>>> = {
  [K in keyof C]: { readonly key: K; readonly value: C[K] extends Selectable<infer T> ? T : never };
}[keyof C];

/**
 * For {@link select}.
 *
 * @example
 * const [toA, a] = openMemoryChannel<number>(10);
 * const [toB, b] = openMemoryChannel<number>(10);
 * await toA.sendMany([1, 2, 3]);
 * await toB.sendMany([4]);
 * // Without `fair`, `b` would have its turn when `a` is empty.
 * for (let turn = 0; turn < 2; turn++) console.log(await select({ a: a.receiving(), b: b.receiving() }, { fair: true }));
 */
export interface SelectOptions {
  /**
   * Whether the case that is looked at first changes from call to call, so that one that is always ready does not keep
   * out the others. By default it is the first one given.
   */
  readonly fair?: boolean;
}

/** How many fair selections there have been in a run. */
const fairSelections = new RunVar<number>('fair selections', { default: 0 });

/**
 * Waits until one of several operations can take effect, lets it, and leaves the others as if they had never begun: no
 * item is taken or sent, and no lock is held. That is what `race` over the operations cannot do, which loses what a second
 * one has received.
 *
 * A checkpoint. Of several that are ready, the first in the order given takes effect.
 *
 * @param cases operations by name: `channel.receiving()`, `channel.sending(item)`, `event.waiting()`, `lock.acquiring()`
 *   (of semaphores and limiters, too), `handle.joining()`, `after(duration)`.
 * @returns the name of the case that took effect, and its value: compare `key` to know the type of `value`.
 * @throws the error of a case that can never take effect, as at the end of a channel; its text names the case.
 * @throws {Cancelled} when the surrounding scope is cancelled; then none has taken effect.
 * @throws {RangeError} when there are no cases. @throws {TypeError} when one is not an operation of this kind.
 * @throws {StateError} outside of a run.
 * @example
 * const selected = await select({ job: jobs.receiving(), stop: stopped.waiting(), idle: after({ seconds: 30 }) });
 * if (selected.key === 'job') await work(selected.value);
 */
export function select<C extends Record<string, Selectable<unknown>>>(
  cases: C,
  options?: SelectOptions,
): Promise<Selected<C>> {
  const caller = currentCaller();
  const refused = caller.refuse('select()');
  if (refused !== undefined) return refused;
  try {
    const keys = keysOf('select', cases);
    const operations = operationsOf('select', keys, cases);
    const first = options?.fair === true ? nextFirst(keys.length) : 0;
    const ready = poll('select', keys, operations, first);
    const selected = ready === undefined ? waitForOne(keys, operations, nameInSelect, caller) : caller.ready(ready);
    return selected as Promise<Selected<C>>;
  } catch (error) {
    return rejected(error);
  }
}

/**
 * Lets the first of several operations take effect that can do so at once. Not a checkpoint.
 *
 * @param cases as for `select`.
 * @returns the name of the case that took effect, and its value; `undefined` when each would have to wait.
 * @throws the errors of `select`, except `Cancelled`.
 * @example
 * const ready = selectNowait({ job: jobs.receiving(), stop: stopped.waiting() });
 * if (ready === undefined) console.log('nothing to do');
 */
export function selectNowait<C extends Record<string, Selectable<unknown>>>(cases: C): Selected<C> | undefined {
  const keys = keysOf('selectNowait', cases);
  return poll('selectNowait', keys, operationsOf('selectNowait', keys, cases), 0) as Selected<C> | undefined;
}

function keysOf(operation: string, cases: object): readonly string[] {
  if (typeof cases !== 'object' || cases === null) {
    throw new TypeError(`${operation}() takes an object of operations: ${operation}({ item: channel.receiving() })`);
  }
  const keys = Object.keys(cases);
  if (keys.length === 0) throw new RangeError(`${operation}(): there is no case, so none could ever take effect`);
  return keys;
}

/** The operations, in the order of their names. Each is read once, and all are looked at before the first takes effect. */
function operationsOf(
  operation: string,
  keys: readonly string[],
  cases: Readonly<Record<string, Selectable<unknown>>>,
): readonly Selectable<unknown>[] {
  const operations = Object.values(cases);
  for (let index = 0; index < keys.length; index++) {
    const selectable = operations[index];
    if (typeof selectable?.poll === 'function' && typeof selectable.arm === 'function') continue;
    const hint =
      'write receiving() instead of receive(), waiting() instead of wait(), acquiring() instead of acquire()';
    throw new TypeError(`${operation}(): the case ${keys[index]} is not an operation that can be selected; ${hint}`);
  }
  return operations;
}

/** Lets the first case take effect that can, beginning with the one at `first`. */
function poll(
  operation: string,
  keys: readonly string[],
  operations: readonly Selectable<unknown>[],
  first: number,
): SelectedCase | undefined {
  for (let step = 0; step < keys.length; step++) {
    const index = (first + step) % keys.length;
    const key = keys[index]!;
    let ready: { readonly value: unknown } | undefined;
    try {
      ready = operations[index]!.poll();
    } catch (error) {
      throw naming(error, operation, key);
    }
    if (ready !== undefined) return { key, value: ready.value };
  }
  return undefined;
}

/**
 * With which case the next fair selection begins. All selections of a run share a count, so its remainder would favour the same
 * case again and again where two selections alternate. Multiples of the golden ratio are even for any regular part of the count.
 */
function nextFirst(length: number): number {
  const count = fairSelections.get();
  fairSelections.set(count + 1);
  return Math.floor(((count * GOLDEN_RATIO) % 1) * length);
}

const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;

const NAMED = [EndOfChannel, ClosedResourceError, BrokenResourceError, StateError, TypeError];

const nameInSelect = (error: unknown, key: string): unknown => naming(error, 'select', key);

/**
 * The error of an operation, with the name of its case. It is a new error, because other tasks may get the same one. An error of
 * another class comes from an emitter, and stays as it is: the code that catches it expects that object.
 */
function naming(error: unknown, operation: string, key: string): unknown {
  try {
    const Class = NAMED.find(({ prototype }) => Object.getPrototypeOf(error) === prototype);
    if (Class === undefined) return error;
    return new Class(`${operation}(), case ${key}: ${(error as Error).message}`, { cause: error });
  } catch {
    // Not an object, or a foreign one that does not let itself be read.
    return error;
  }
}
