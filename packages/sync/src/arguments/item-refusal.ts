import { describeError } from '@tercet/core/lowlevel';

/**
 * Refuses promises, and everything that JavaScript takes for one. An item becomes the value of the receiver's promise. That
 * promise would wait for the item, where no deadline reaches it, and throw its error as if receiving had failed.
 *
 * @returns why this value cannot be an item; `undefined` when it can.
 */
export function itemRefusal(value: unknown, operation: string): TypeError | undefined {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return undefined;
  const instead = 'await it before you send it, or send an object or a function that holds it';
  try {
    if (typeof (value as { then?: unknown }).then !== 'function') return undefined;
  } catch (error) {
    const text = `${operation}: this value cannot be an item, because reading its 'then' throws ${describeError(error)}`;
    return new TypeError(text, { cause: error });
  }
  return new TypeError(
    `${operation}: a promise, or another object with a method 'then', cannot be an item; ${instead}`,
  );
}
