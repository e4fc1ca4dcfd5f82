import { StateError } from '../errors/tercet-error.ts';

/** The error of a combinator that has no result, because one of its functions has cancelled its nursery. */
export function endedFromInside(operation: string): StateError {
  return new StateError(
    `${operation}: one of its functions has cancelled the nursery around them, so there is no result; ` +
      'cancel a scope of your own around the call, or let the function throw',
  );
}
