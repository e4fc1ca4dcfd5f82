import { UnawaitedError } from './tercet-error.ts';

/** The error of a body that ended although operations begun in it had not. */
export function unawaited(what: string, operations: string[]): UnawaitedError {
  return new UnawaitedError(
    `the body of ${what} has ended while it was still waiting for: ${operations.join(', ')}. They have been cancelled; ` +
      'is an await missing, or a race() where Promise.race is?',
    operations,
  );
}
