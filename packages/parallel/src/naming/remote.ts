import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { remoteFunction } from './remote-function.ts';
import type { Fn, RemoteFunction } from './remote-function.ts';
import type { Remote } from './remote-function.ts';

/**
 * Names the functions of another module, so that they can be called in workers. Nothing is loaded here: a worker imports the
 * module once, when it is first asked for a function of it.
 *
 * @typeParam M the type of the module: `typeof import('./jobs.ts')`
 * @param module its URL, or its absolute path; `node:` modules, too.
 * @returns an object with a remote function for each function that the module exports.
 * @throws {TypeError} when the module is given by a relative path or a bare name, which a worker would resolve elsewhere.
 * @example
 * // Functions of your own: remote<typeof import('./jobs.ts')>(new URL('./jobs.ts', import.meta.url))
 * const crypto = remote<typeof import('node:crypto')>('node:crypto');
 * const key = await runInWorker(crypto.scryptSync, 'password', 'salt', 32);
 */
export function remote<M>(module: URL | string): {
  readonly [K in keyof M as M[K] extends Fn ? K : never]: Remote<M[K]>;
} {
  const url = toUrl(module);
  const functions = new Map<string, RemoteFunction<unknown[], unknown>>();
  const get = (_: object, name: string | symbol): unknown => {
    // Returning the object from an async function reads `then`.
    if (typeof name === 'symbol' || name === 'then') return undefined;
    let fn = functions.get(name);
    if (fn === undefined) functions.set(name, (fn = remoteFunction(url, name)));
    return fn;
  };
  return new Proxy(Object.freeze(Object.create(null) as object), { get }) as never;
}

function toUrl(module: unknown): string {
  const text = typeof module === 'string' ? module : urlText(module);
  if (text !== undefined) {
    if (isAbsolute(text)) return pathToFileURL(text).href;
    if (/^(file|node|data):/.test(text)) return text;
  }
  throw new TypeError(
    `remote() takes the URL or the absolute path of a module, not ${text === undefined ? typeof module : `'${text}'`}; ` +
      "write new URL('./jobs.js', import.meta.url)",
  );
}

/** Of a URL of any realm. */
function urlText(value: unknown): string | undefined {
  const href = (value as Partial<URL> | null | undefined)?.href;
  return typeof href === 'string' ? href : undefined;
}
