import { currentEffectiveDeadline, currentTime } from '@tercet/core';
import { crossingValues } from '../boundary/crossing-values.ts';
import type { EngineBackend, Json } from './engine-backend.ts';
import type { Crossing } from './engine-options.ts';

/** The arguments and surroundings of a call, as the engine stores them. */
export interface JobPayload {
  readonly args: readonly Json[];
  /** The arguments that are `undefined`, by index. */
  readonly missing?: readonly number[];
  /** Context variables by name. */
  readonly context?: Readonly<Record<string, Json>>;
  /** The caller's deadline, on the clock of the engine. */
  readonly expires?: number;
  /** Set when the caller has an `onProgress`. */
  readonly progress?: true;
}

/** The return value of a job, as the engine stores it. */
export interface ResultPayload {
  /** Missing when it returned `undefined`. */
  readonly value?: Json;
}

/** Makes the payload of a call from its arguments, and from the context variables and the deadline of the calling task. */
export function encodeCall(
  args: readonly unknown[],
  { codec, maxSize }: Crossing,
  backend: EngineBackend,
  options: { readonly onCancel: string; readonly onProgress: unknown },
  name: string,
): JobPayload {
  const missing: number[] = [];
  const encoded = args.map((argument, index) => {
    if (argument !== undefined) return codec.encode(argument, `${name}(): argument ${index + 1}`);
    missing.push(index);
    return null;
  });
  const context = crossingValues().map(([variable, value]) => [
    variable,
    codec.encode(value, `the context variable ${variable}`),
  ]);
  const expires = options.onCancel === 'ask' ? expiryOf(backend) : undefined;
  const payload: JobPayload = {
    args: encoded,
    ...(missing.length === 0 ? {} : { missing }),
    ...(context.length === 0 ? {} : { context: Object.fromEntries(context) as Record<string, Json> }),
    ...(expires === undefined ? {} : { expires }),
    ...(options.onProgress === undefined ? {} : { progress: true }),
  };
  requireSize(payload, maxSize, `${name}(): the arguments`);
  return payload;
}

function expiryOf(backend: EngineBackend): number | undefined {
  const deadline = currentEffectiveDeadline();
  if (deadline === Infinity) return undefined;
  const now = backend.now();
  return now === undefined ? undefined : now + deadline - currentTime();
}

/** Decodes the arguments of a call. */
export function decodeArguments({ args, missing = [] }: JobPayload, { codec }: Crossing): unknown[] {
  return args.map((argument, index) => (missing.includes(index) ? undefined : codec.decode(argument)));
}

export function encodeResult(value: unknown, { codec, maxSize }: Crossing, name: string): ResultPayload {
  if (value === undefined) return {};
  const payload = { value: codec.encode(value, `${name}(): the result`) };
  requireSize(payload, maxSize, `${name}(): the result`);
  return payload;
}

export function decodeResult(payload: Json, { codec }: Crossing): unknown {
  const { value } = payload as ResultPayload;
  return value === undefined ? undefined : codec.decode(value);
}

function requireSize(payload: unknown, maxSize: number, what: string): void {
  const text = JSON.stringify(payload);
  // No character takes more than three bytes, so most need not be counted.
  if (text.length * 3 <= maxSize) return;
  const size = Buffer.byteLength(text);
  if (size <= maxSize) return;
  throw new RangeError(
    `${what} take ${size} bytes, but the maxSize of the queue is ${maxSize}; store large data elsewhere, and send its name`,
  );
}
