/** Calls `make(argument)` so that the error that it makes has no stack, which takes longer than the rest. */
export function withoutStack<A, E extends Error>(make: (argument: A) => E, argument: A): E {
  const limit = Error.stackTraceLimit;
  // Not by assignment, which throws if a program has frozen Error.
  if (!Reflect.set(Error, 'stackTraceLimit', 0)) return make(argument);
  try {
    return make(argument);
  } finally {
    Error.stackTraceLimit = limit;
  }
}
