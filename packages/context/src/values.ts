import type { LocalsHolder } from '@tercet/core/lowlevel';

/**
 * The values of all variables that have one, as one piece of code sees them. It is never changed, but replaced by a
 * changed copy: so a task can start with its spawner's values by taking them over as they are, whatever their number.
 */
export type Values = ReadonlyMap<object, unknown>;

const NONE: Values = new Map();

export function valuesOf(holder: LocalsHolder): Values {
  return (holder.locals as Values | undefined) ?? NONE;
}

/** A copy with one value more, or another one. */
export function withValue(values: Values, variable: object, value: unknown): Values {
  return new Map(values).set(variable, value);
}

/** A copy with one value less. */
export function withoutValue(values: Values, variable: object): Values {
  const copy = new Map(values);
  copy.delete(variable);
  return copy;
}
