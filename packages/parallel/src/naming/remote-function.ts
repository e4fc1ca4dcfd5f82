const brand = Symbol.for('@tercet/parallel/RemoteFunction');

/**
 * Any function: what a module exports.
 *
 * @example
 * const count = (fn: Fn): number => fn.length;
 * count((a: string, b: number) => a.repeat(b)); // 2
 */
export type Fn = (...args: any[]) => unknown;

/**
 * A function of another module, by its name. `remote` makes it; `run` and its like call it in a worker. Calling it directly
 * is an error.
 *
 * @typeParam A its arguments
 * @typeParam R what it returns
 * @example
 * const crypto = remote<typeof import('node:crypto')>('node:crypto');
 * const hash: RemoteFunction<[string, string, number], Buffer> = crypto.scryptSync;
 * console.log(hash.name, hash.module); // scryptSync node:crypto
 */
export interface RemoteFunction<A extends readonly unknown[], R> {
  (...args: A): R | Promise<Awaited<R>>;
  /** The name under which the module exports it. */
  readonly name: string;
  /** The URL of the module. */
  readonly module: string;
}

/**
 * The remote function of a function.
 *
 * @example
 * type Hash = Remote<(text: string, rounds: number) => string>; // RemoteFunction<[text: string, rounds: number], string>
 */
export type Remote<F> = F extends (...args: infer A) => infer R ? RemoteFunction<A, R> : never;

/** Where a function is found. */
export interface Reference {
  readonly module: string;
  readonly name: string;
}

/** One for each function, however often it is named: workers know functions by it. */
const references = new Map<string, Reference>();

function referenceTo(module: string, name: string): Reference {
  const key = `${name} ${module}`;
  let reference = references.get(key);
  if (reference === undefined) references.set(key, (reference = { module, name }));
  return reference;
}

/** Makes the remote function of an export. */
export function remoteFunction(module: string, name: string): RemoteFunction<unknown[], unknown> {
  const call = (): never => {
    throw new TypeError(
      `${name}() of ${module} was called directly; pass it to run(), stream() or map() of an executor, or to runInWorker()`,
    );
  };
  Object.defineProperties(call, {
    name: { value: name },
    module: { value: module, enumerable: true },
    [brand]: { value: referenceTo(module, name) },
  });
  return call as unknown as RemoteFunction<unknown[], unknown>;
}

/** Where the function of a caller is found. @throws {TypeError} when `remote` did not make it. */
export function referenceOf(fn: unknown, operation: string): Reference {
  const reference = typeof fn === 'function' ? (fn as { [brand]?: Reference })[brand] : undefined;
  if (reference !== undefined) return reference;
  throw new TypeError(
    `${operation} takes a function of another module, as remote() makes it, not ${describe(fn)}; functions are named and ` +
      "never sent: const jobs = remote<typeof import('./jobs.ts')>(new URL('./jobs.ts', import.meta.url)), and then jobs.work",
  );
}

/** Whether `remote` has made it. */
export function isRemote(fn: Fn): boolean {
  return (fn as { [brand]?: Reference })[brand] !== undefined;
}

function describe(value: unknown): string {
  if (typeof value === 'function') return `the plain function ${value.name === '' ? '(anonymous)' : value.name}`;
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? `the text '${value}'` : typeof value;
}
