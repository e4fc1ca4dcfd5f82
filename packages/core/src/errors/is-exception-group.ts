import { hasBrand } from './brand.ts';
import type { ExceptionGroup } from './exception-group.ts';

export const groupBrand: symbol = Symbol.for('@tercet/core/ExceptionGroup');

/** Whether it is a group of ours, whichever copy of the library made it. */
export function isExceptionGroup(value: unknown): value is ExceptionGroup {
  return hasBrand(value, groupBrand);
}

/** What is in a group of ours, as a copy; `undefined` for anything else, and for a group that cannot be read. */
export function membersOf(error: unknown): readonly unknown[] | undefined {
  if (!isExceptionGroup(error)) return undefined;
  try {
    return copyOf(error.errors);
  } catch {
    return undefined;
  }
}

/** A plain array of what stands in a list, which may be a proxy or change later; `undefined` when it is not an array. */
export function copyOf(list: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const { length } = list;
  const copy: unknown[] = [];
  for (let index = 0; index < length; index++) copy.push(list[index]);
  return copy;
}
