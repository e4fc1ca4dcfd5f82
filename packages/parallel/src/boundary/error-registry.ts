import { sharedBetweenCopies } from './shared.ts';

/**
 * How errors of a class cross, when name, message, code, fields and cause are not enough.
 *
 * @example
 * class OutOfStockError extends Error {
 *   override name = 'OutOfStockError';
 *   constructor(readonly article: string) {
 *     super(`${article} is sold out`);
 *   }
 * }
 * // Its constructor takes the article, and not the message.
 * const codec: ErrorCodec<OutOfStockError> = {
 *   toFields: ({ article }) => article,
 *   fromFields: (article) => new OutOfStockError(String(article)),
 * };
 * registerError(OutOfStockError, codec);
 */
export interface ErrorCodec<E extends Error> {
  /** Returns the fields that the other side needs to rebuild the error. They must be cloneable. */
  toFields?(error: E): unknown;
  /** Makes the error again. */
  fromFields?(fields: unknown): E;
}

/**
 * The constructor of an error class.
 *
 * @example
 * class OutOfStockError extends Error {
 *   override name = 'OutOfStockError';
 * }
 * const ours: readonly ErrorClass[] = [OutOfStockError];
 * for (const cls of ours) registerError(cls); // on both sides
 */
export type ErrorClass<E extends Error = Error> = new (...args: any[]) => E;

interface Registered {
  readonly cls: ErrorClass;
  readonly codec: ErrorCodec<Error>;
}

const byName = sharedBetweenCopies('errors', () => new Map<string, Registered>());

/**
 * Lets errors of a class cross the boundary as what they are: `instanceof` holds on the other side. To be called on both
 * sides, so best in the module that defines the class. Errors of other classes arrive as `RemoteError`.
 *
 * @param codec for classes with private fields, or fields that cannot be cloned.
 * @throws {TypeError} when `cls` is not a class of errors.
 * @example
 * class OutOfStockError extends Error {
 *   override name = 'OutOfStockError';
 *   article = '';
 * }
 * registerError(OutOfStockError);
 */
export function registerError<E extends Error>(cls: ErrorClass<E>, codec: ErrorCodec<E> = {}): void {
  const prototype: unknown = typeof cls === 'function' ? cls.prototype : undefined;
  if (typeof prototype !== 'object' || prototype === null || !('message' in prototype)) {
    throw new TypeError(`registerError() takes a class of errors, not ${typeof cls}`);
  }
  byName.set(keyOf(cls), { cls, codec: codec as ErrorCodec<never> as ErrorCodec<Error> });
}

/** How the class of this error has been registered. */
export function registeredFor(error: Error): { readonly key: string; readonly codec: ErrorCodec<Error> } | undefined {
  const { constructor } = error;
  if (typeof constructor !== 'function') return undefined;
  const key = keyOf(constructor as ErrorClass);
  const found = byName.get(key);
  return found?.cls === constructor ? { key, codec: found.codec } : undefined;
}

/** A registered class and its codec. */
export function registeredAs(key: string): Registered | undefined {
  return byName.get(key);
}

// A bundler may rename classes, and differently in two bundles: a name that the prototype has stays.
function keyOf(cls: ErrorClass): string {
  const { prototype } = cls as { readonly prototype: Error };
  return Object.hasOwn(prototype, 'name') ? prototype.name : cls.name;
}
