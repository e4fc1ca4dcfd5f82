import { UnawaitedError } from './tercet-error.ts';

/** The error of a body that ended although operations begun in it had not. */
export function unawaited(what: string, operations: string[]): UnawaitedError {
  const list = operations.join(', ');
  return new UnawaitedError(
    `the body of ${what} has ended while it was still waiting for: ${list}; is an await missing? ` +
      '(they have been cancelled; where only the first of several operations counts, use race() instead of Promise.race)',
    operations,
  );
}
