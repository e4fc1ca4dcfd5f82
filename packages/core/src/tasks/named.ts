import { describeValue } from '../errors/describe-value.ts';
import { requireFunction } from '../foreign/require-function.ts';

/**
 * Gives a function another name. Tasks that run it have this name in task trees and error texts.
 *
 * @throws {TypeError} when the name is not a string, or `fn` is not a function.
 * @example
 * nursery.startSoon(named(`worker ${n}`, () => work(n)));
 */
export function named<F extends (...args: any[]) => unknown>(name: string, fn: F): F {
  if (typeof name !== 'string') throw new TypeError(`named(): the name must be a string, not ${describeValue(name)}`);
  if (typeof fn !== 'function') requireFunction('named', fn);
  const renamed = function (this: unknown, ...args: unknown[]): unknown {
    return fn.apply(this, args);
  };
  return Object.defineProperty(renamed, 'name', { value: name }) as unknown as F;
}
