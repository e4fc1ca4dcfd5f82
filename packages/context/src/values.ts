import type { LocalsHolder } from '@tercet/core/lowlevel';

/**
 * The values of all variables that have one, as some code sees them. A map is never changed, but replaced by a changed copy
 * (copy-on-write). So a new task can share the map of the task that spawned it, in constant time.
 */
export type Values = ReadonlyMap<object, unknown>;

const NONE: Values = new Map();

/** The values that are set in a context. */
export function valuesOf(holder: LocalsHolder): Values {
  return (holder.locals as Values | undefined) ?? NONE;
}

/** Makes a copy in which the variable has this value. */
export function withValue(values: Values, variable: object, value: unknown): Values {
  return new Map(values).set(variable, value);
}

/** Makes a copy in which the variable has no value. */
export function withoutValue(values: Values, variable: object): Values {
  const copy = new Map(values);
  copy.delete(variable);
  return copy;
}
