import { hasBrand } from './brand.ts';
import type { ExceptionGroup } from './exception-group.ts';

export const groupBrand: symbol = Symbol.for('@tercet/core/ExceptionGroup');

/** Whether it is an ExceptionGroup of any copy of this library. */
export function isExceptionGroup(value: unknown): value is ExceptionGroup {
  return hasBrand(value, groupBrand);
}

/** The members of an ExceptionGroup, as a copy; `undefined` for other values, and for a group that cannot be read. */
export function membersOf(error: unknown): readonly unknown[] | undefined {
  if (!isExceptionGroup(error)) return undefined;
  try {
    return copyOf(error.errors);
  } catch {
    return undefined;
  }
}

/** Copies a list, which may be a proxy or change later, to a plain array; `undefined` when it is not an array. */
export function copyOf(list: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const { length } = list;
  const copy: unknown[] = [];
  for (let index = 0; index < length; index++) copy.push(list[index]);
  return copy;
}
