/** Makes an error without the stack, which takes longer than all the rest: `make(argument)`. */
export function withoutStack<A, E extends Error>(make: (argument: A) => E, argument: A): E {
  const limit = Error.stackTraceLimit;
  // Not by assignment, which throws where a program has frozen Error.
  if (!Reflect.set(Error, 'stackTraceLimit', 0)) return make(argument);
  try {
    return make(argument);
  } finally {
    Error.stackTraceLimit = limit;
  }
}
