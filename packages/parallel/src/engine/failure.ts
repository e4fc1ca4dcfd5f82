import { decodeError } from '../boundary/decode-error.ts';
import { describe, encodeError, isError } from '../boundary/encode-error.ts';
import type { Encoded } from '../boundary/encode-error.ts';
import { callersPlace } from '../calling/callers-place.ts';
import type { Json } from './engine-backend.ts';

/** Values below this depth of an error's fields are only described. */
const DEEPEST = 20;

/** Encodes a thrown value for the engine. Never throws. */
export function encodeFailure(error: unknown, attempts: number): Json {
  return { error: jsonOfError(encodeError(error)), attempts };
}

/** Describes a thrown value in one line, for people who inspect the engine. */
export function summaryOf(error: unknown): string {
  return describe(error).replaceAll(/\s+/g, ' ').slice(0, 200);
}

/** Decodes a thrown value for the caller, and adds the number of attempts and the id of the job. */
export function decodeFailure(payload: Json, jobId: string): unknown {
  const { error: encoded, attempts } = payload as unknown as { readonly error: Encoded; readonly attempts: number };
  const error = decodeError(encoded, `    in job ${jobId}, called from\n${callersPlace()}`);
  return withJob(error, jobId, attempts);
}

/** Adds `jobId` and `attempts` to an error. Other thrown values stay unchanged. */
export function withJob(error: unknown, jobId: string, attempts: number): unknown {
  if (!isError(error)) return error;
  for (const [key, value] of Object.entries({ jobId, attempts })) {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: true });
  }
  return error;
}

/** The structure is kept, however deep it is: encoding has limited it already. */
function jsonOfError(encoded: Encoded): Json {
  if (encoded.kind !== 'error') return jsonOf(encoded, 0);
  const { cause, errors, ...rest } = encoded;
  return {
    ...(jsonOf(rest, 0) as Readonly<Record<string, Json>>),
    ...(cause === undefined ? {} : { cause: jsonOfError(cause) }),
    ...(errors === undefined ? {} : { errors: errors.map(jsonOfError) }),
  };
}

/** Converts a value that can be cloned to JSON. Parts that JSON cannot represent become text. */
function jsonOf(value: unknown, depth: number): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      if (value === null) return null;
      if (depth > DEEPEST) return describe(value);
      if (Array.isArray(value)) return value.map((item) => jsonOf(item, depth + 1));
      return isPlain(value) ? jsonOfObject(value, depth) : textOf(value);
    case 'undefined':
    case 'bigint':
    case 'function':
    case 'symbol':
      return String(value);
  }
}

function jsonOfObject(value: object, depth: number): Json {
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(fields.map(([key, item]) => [key, jsonOf(item, depth + 1)]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function textOf(value: object): string {
  try {
    const text: unknown = JSON.stringify(value);
    return typeof text === 'string' ? text.replaceAll(/^"|"$/g, '') : describe(value);
  } catch {
    return describe(value);
  }
}
