import { copyContext } from '@tercet/context';
import { currentLocals } from '@tercet/core/lowlevel';

/** Names and values of context variables. */
export type CrossingValues = readonly (readonly [name: string, value: unknown])[];

const known = new WeakMap<object, CrossingValues>();
const NONE: CrossingValues = [];

/** The values, in the calling task, of the context variables that cross. */
export function crossingValues(): CrossingValues {
  const locals = currentLocals();
  if (typeof locals !== 'object' || locals === null) return NONE;
  let values = known.get(locals);
  if (values === undefined) {
    const entries = Array.from(copyContext().entries()).filter(([variable]) => variable.crossing);
    values = entries.length === 0 ? NONE : entries.map(([variable, value]) => [variable.name, value] as const);
    // Values are immutable, and replaced as a whole.
    known.set(locals, values);
  }
  return values;
}
