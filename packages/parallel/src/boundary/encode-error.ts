import { registeredFor } from './error-registry.ts';

/** An error, or anything else that was thrown, as it crosses. */
export type Encoded =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'again'; readonly index: number }
  | EncodedError;

/** An error, as it crosses. */
export interface EncodedError {
  readonly kind: 'error';
  /** The error's own `name`, which need not be that of its class. */
  readonly name: string;
  /** The names of its classes, the most special one first. */
  readonly classes: readonly string[];
  readonly message: string;
  readonly stack: string;
  /** Under which its class has been registered. */
  readonly key?: string;
  /** Its own enumerable fields; of a registered class with `toFields`, what that has returned. */
  readonly fields: unknown;
  readonly cause?: Encoded;
  readonly errors?: readonly Encoded[];
  /** Whether it is a `Cancelled`. */
  readonly cancelled?: boolean;
}

/** Errors below this depth of causes and groups are only described. */
const DEEPEST = 10;

const OWN = new Set(['name', 'message', 'stack', 'cause', 'errors']);

const cancelledBrand = Symbol.for('@tercet/core/Cancelled');

/** Prepares what was thrown for the boundary. Never throws, whatever was thrown. */
export function encodeError(error: unknown): Encoded {
  return encode(error, 0, []);
}

function encode(error: unknown, depth: number, seen: unknown[]): Encoded {
  const before = seen.length;
  try {
    if (!isError(error)) return { kind: 'value', value: cloneable(error) ? error : describe(error) };
    const index = seen.indexOf(error);
    if (index >= 0) return { kind: 'again', index };
    return depth > DEEPEST ? { kind: 'value', value: describe(error) } : encodeOne(error, depth, seen);
  } catch (problem) {
    // The other side counts only the errors that it gets.
    seen.length = before;
    return { kind: 'value', value: `an error that cannot be read: ${describe(problem)}` };
  }
}

function encodeOne(error: Error, depth: number, seen: unknown[]): EncodedError {
  seen.push(error);
  const registered = registeredFor(error);
  const { cause, errors } = error as Partial<AggregateError>;
  return {
    kind: 'error',
    name: text(error.name),
    classes: classesOf(error),
    message: text(error.message),
    stack: text(error.stack),
    fields: registered?.codec.toFields === undefined ? fieldsOf(error) : registered.codec.toFields(error),
    ...(registered === undefined ? {} : { key: registered.key }),
    // In the order in which they are decoded: the numbers of errors that come again depend on it.
    ...(Array.isArray(errors) ? { errors: errors.map((one) => encode(one, depth + 1, seen)) } : {}),
    ...('cause' in error ? { cause: encode(cause, depth + 1, seen) } : {}),
    ...((error as unknown as Record<symbol, unknown>)[cancelledBrand] === true ? { cancelled: true } : {}),
  };
}

/** Its own enumerable fields; those that cannot be cloned as text. */
function fieldsOf(error: Error): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  // The code of a DOMException is a number that its prototype has.
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined && typeof code !== 'number') fields['code'] = code;
  for (const key of Object.keys(error)) {
    if (OWN.has(key)) continue;
    try {
      const value = (error as unknown as Record<string, unknown>)[key];
      fields[key] = cloneable(value) ? value : describe(value);
    } catch (problem) {
      fields[key] = `a field that cannot be read: ${describe(problem)}`;
    }
  }
  return fields;
}

function classesOf(error: Error): string[] {
  const classes: string[] = [];
  for (
    let prototype = Object.getPrototypeOf(error) as Error | null;
    prototype !== null && classes.length < DEEPEST;
    prototype = Object.getPrototypeOf(prototype) as Error | null
  ) {
    const { constructor } = prototype;
    const name = Object.hasOwn(prototype, 'name') ? prototype.name : constructor?.name;
    if (name !== 'Object') classes.push(text(name));
  }
  return classes;
}

function cloneable(value: unknown): boolean {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol')) {
    return true;
  }
  try {
    structuredClone(value);
    return !(value instanceof SharedArrayBuffer);
  } catch {
    return false;
  }
}

/** An `Error` of any realm. */
export function isError(value: unknown): value is Error {
  try {
    if (value instanceof Error) return true;
    return /^\[object (Error|DOMException)\]$/.test(Object.prototype.toString.call(value));
  } catch {
    return false;
  }
}

/** A text for what was thrown. Never throws. */
export function describe(error: unknown): string {
  try {
    return isError(error) ? `${text(error.name)}: ${text(error.message)}` : `${typeof error}: ${String(error)}`;
  } catch {
    return `a thrown ${typeof error}`;
  }
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : String(value as unknown);
}
