import { UnawaitedError } from './tercet-error.ts';
import { userLineOf } from './user-line.ts';

/** An operation or a scope that a body has left behind, and the stack of its beginning where that is known. */
export interface Pending {
  readonly what: string;
  readonly site: string | undefined;
}

/** At most so many are listed in the text. */
const MOST = 10;

/** The error of a body that ended although operations begun in it had not. */
export function unawaited(what: string, pending: readonly Pending[]): UnawaitedError {
  const listed = pending.slice(0, MOST).map(({ what: name, site }) => name + place(site));
  if (pending.length > MOST) listed.push('…');
  // Where the body belongs to a scope, the stack leads to the code that waits for the scope.
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
