/**
 * The function under another name, which the tasks that run it have in task trees and error texts.
 *
 * @example
 * nursery.startSoon(named(`worker ${n}`, () => work(n)));
 */
export function named<F extends (...args: any[]) => unknown>(name: string, fn: F): F {
  const renamed = function (this: unknown, ...args: unknown[]): unknown {
    return fn.apply(this, args);
  };
  return Object.defineProperty(renamed, 'name', { value: name }) as unknown as F;
}
