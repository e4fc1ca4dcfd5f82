import { deserialize, serialize } from 'node:v8';
import type { Json } from './engine-backend.ts';

/**
 * How arguments, results, progress and context variables become what the engine stores. Both sides need the same one.
 *
 * @example
 * // Dates as text, and everything else as JSON.
 * const codec: EngineCodec = {
 *   encode: (value) => JSON.parse(JSON.stringify(value)) as Json,
 *   decode: (stored) => stored,
 * };
 * codec.encode({ since: new Date(0) }, 'argument 1'); // { since: '1970-01-01T00:00:00.000Z' }
 */
export interface EngineCodec {
  /** @throws {TypeError} when the value cannot cross. @param what names the value in the text of the error. */
  encode(value: unknown, what: string): Json;
  decode(stored: Json): unknown;
}

/**
 * The default: values cross as JSON, and only those that JSON gives back unchanged. A `Date`, a `Map`, a `bigint`, an instance
 * of a class is refused, with its place, instead of arriving as something else.
 *
 * @example
 * jsonCodec.encode({ width: 200 }, 'argument 1'); // as it is
 * try {
 *   jsonCodec.encode({ since: new Date() }, 'argument 1');
 * } catch (error) {
 *   console.log((error as Error).message); // argument 1, at .since, …
 * }
 */
export const jsonCodec: EngineCodec = {
  encode(value, what) {
    const fault = find(value, '', []);
    if (fault === undefined) return value as Json;
    const place = fault.path === '' ? what : `${what}, at ${fault.path},`;
    throw new TypeError(`${place} ${fault.text}; send plain data, or give openEngine() and serveJobs() the cloneCodec`);
  },
  decode: (stored) => stored,
};

/**
 * Values cross as `structuredClone` copies them: with `Date`, `Map`, `Set`, `bigint`, `undefined`, typed arrays and cycles. They
 * are stored as text that only Node reads, and take about a third more room than their bytes.
 *
 * @example
 * const stored = cloneCodec.encode({ since: new Date(0), tags: new Set(['new']) }, 'the argument');
 * cloneCodec.decode(stored); // an equal Date and Set
 */
export const cloneCodec: EngineCodec = {
  encode(value, what) {
    try {
      return serialize(value).toString('base64');
    } catch (cause) {
      throw new TypeError(`${what} cannot be cloned: ${(cause as Error).message}`, { cause });
    }
  },
  decode: (stored) => deserialize(Buffer.from(stored as string, 'base64')),
};

interface Fault {
  readonly path: string;
  readonly text: string;
}

/** @param around the objects around this one: those that would make a cycle. */
function find(value: unknown, path: string, around: object[]): Fault | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? undefined : { path, text: `is ${show(value)}` };
    case 'object':
      return value === null ? undefined : findInObject(value, path, around);
    case 'undefined':
      return { path, text: 'is undefined' };
    case 'bigint':
    case 'function':
    case 'symbol':
      return { path, text: `is a ${typeof value}` };
  }
}

function show(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function findInObject(value: object, path: string, around: object[]): Fault | undefined {
  if (around.includes(value)) return { path, text: 'is an object that contains itself' };
  const inside = [...around, value];
  try {
    if (Array.isArray(value)) return findInArray(value, path, inside);
    if (!isPlain(value)) return { path, text: `is a ${nameOf(value)}, which JSON does not give back` };
    for (const [key, item] of Object.entries(value)) {
      // JSON leaves it out, and reading it gives the same.
      if (item === undefined) continue;
      const fault = find(item, `${path}${/^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`}`, inside);
      if (fault !== undefined) return fault;
    }
    return undefined;
  } catch (problem) {
    return { path, text: `cannot be read: ${String(problem)}` };
  }
}

function findInArray(items: readonly unknown[], path: string, inside: object[]): Fault | undefined {
  for (let index = 0; index < items.length; index++) {
    const fault = find(items[index], `${path}[${index}]`, inside);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** An object of a literal, of any realm. One with a `toJSON` would arrive as something else. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  const isLiteral = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isLiteral && typeof (value as { toJSON?: unknown }).toJSON !== 'function';
}

function nameOf(value: object): string {
  const { constructor } = value as { readonly constructor?: unknown };
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'object of a class';
}
