import { UnawaitedError } from './tercet-error.ts';
import { userLineOf } from './user-line.ts';

/** An operation or a scope that had not ended when its body did, and the stack of its beginning, if that is known. */
export interface Pending {
  readonly what: string;
  readonly site: string | undefined;
}

/** Number of operations that the text lists at most. */
const MOST = 10;

/** Makes the error of a body that ended before its operations did. */
export function unawaited(what: string, pending: readonly Pending[]): UnawaitedError {
  const listed = pending.slice(0, MOST).map(({ what: name, site }) => name + place(site));
  if (pending.length > MOST) listed.push('…');
  // If the body belongs to a scope, this stack leads to the code that awaits the scope.
  return new UnawaitedError(
    `the body of ${what + place(new Error().stack)} has ended while it was still waiting for: ${listed.join(', ')}. ` +
      'They have been cancelled; is an await missing, or a race() where Promise.race is? ' +
      'TERCET_DEBUG=1 shows where they were begun',
    pending.map(({ what: name }) => name),
  );
}

function place(stack: string | undefined): string {
  const line = userLineOf(stack);
  return line === undefined ? '' : ` (at ${line})`;
}
