import { findNode } from '../frames/frames.ts';
import { ExceptionGroup, toPredicate } from '../errors/exception-group.ts';
import type { ErrorMatch, Matched } from '../errors/exception-group.ts';
import { isExceptionGroup } from '../errors/is-exception-group.ts';

/**
 * The clauses of `handleGroup`: each handler gets a group of the errors that its match selects.
 *
 * @example
 * const clauses: GroupClauses<readonly [typeof RangeError]> = [
 *   [RangeError, (group) => console.log(group.leaves().map((error) => error.message))],
 * ];
 * const failure = new ExceptionGroup('two files', [new RangeError('too large'), new RangeError('too small')]);
 * await handleGroup(failure, ...clauses);
 */
export type GroupClauses<M extends readonly ErrorMatch[]> = {
  readonly [K in keyof M]: readonly [match: M[K], handler: (group: ExceptionGroup<Matched<M[K]>>) => unknown];
};

/**
 * Handles the errors in a group that match, and rethrows the rest: Python's `except*`.
 *
 * The clauses are tried in order. Each handler gets a group of the errors that its clause matches and no clause before it. It
 * is not called if there are none. An error that is not a group counts as a group of one, but is rethrown as it is if no
 * clause matches. Errors that handlers throw are thrown together with those that no clause matched.
 *
 * Not a checkpoint itself. Handlers may be async and are awaited.
 *
 * @example
 * try { await openNursery(serveAll); } catch (error) {
 *   await handleGroup(error, [BrokenResourceError, (group) => log.warn(group.message)]);
 * }
 */
export async function handleGroup<M extends readonly ErrorMatch[]>(
  error: unknown,
  ...clauses: GroupClauses<M>
): Promise<void> {
  const slice = findNode()?.run.slice;
  if (slice?.isSpent() === true) await slice.next(undefined);
  const whole = isExceptionGroup(error) ? error : ExceptionGroup.listing(() => 'one error', [error]);
  let rest: ExceptionGroup | undefined = whole;
  const thrown: unknown[] = [];
  for (const [match, handler] of clauses) {
    if (rest === undefined) break;
    const [matched, others] = splitForClause(rest, match);
    if (matched === undefined) continue;
    rest = others;
    try {
      await handler(matched);
    } catch (problem) {
      thrown.push(problem);
    }
  }
  if (rest !== undefined) thrown.push(rest === whole ? error : rest);
  if (thrown.length === 0) return;
  throw thrown.length === 1
    ? thrown[0]
    : ExceptionGroup.listing(() => 'errors of the handlers, and what they did not handle', thrown);
}

/** Applies a match to the errors in the group: a predicate never gets the group itself. */
function splitForClause(group: ExceptionGroup, match: ErrorMatch): ReturnType<ExceptionGroup['split']> {
  const matches = toPredicate(match);
  return group.split((error) => !isExceptionGroup(error) && matches(error));
}
