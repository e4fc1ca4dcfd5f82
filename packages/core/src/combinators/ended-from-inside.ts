import { StateError } from '../errors/tercet-error.ts';

/** What is thrown when one of the functions has cancelled the nursery of a combinator, so that there is no result to give. */
export function endedFromInside(operation: string): StateError {
  return new StateError(
    `${operation}: one of its functions has cancelled the nursery around them, so there is no result; ` +
      'cancel a scope of your own around the call, or let the function throw',
  );
}
