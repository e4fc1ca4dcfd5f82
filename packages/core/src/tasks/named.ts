/**
 * The function under another name, which the tasks that run it have in task trees and error texts.
 *
 * @example
 * nursery.startSoon(named(`worker ${n}`, () => work(n)));
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a constraint that every function meets
export function named<F extends (...args: any[]) => unknown>(name: string, fn: F): F {
  const renamed = function (this: unknown, ...args: unknown[]): unknown {
    return fn.apply(this, args);
  };
  return Object.defineProperty(renamed, 'name', { value: name }) as unknown as F;
}
