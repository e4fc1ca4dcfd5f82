// What the core uses of the platform beyond the language, all of it optional: it runs unchanged on Node, Bun and Deno.

type ProcessEvent = 'beforeExit' | 'unhandledRejection';

export interface ProcessLike {
  readonly versions?: Readonly<Record<string, string | undefined>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  nextTick?(callback: () => void): void;
  emitWarning?(message: string, type: string): void;
  on?(event: ProcessEvent, listener: (...args: never[]) => void): void;
  off?(event: ProcessEvent, listener: (...args: never[]) => void): void;
  listenerCount?(event: ProcessEvent): number;
  readonly emit?: (this: unknown, ...event: unknown[]) => unknown;
}

export const process: ProcessLike | undefined = (globalThis as unknown as { process?: ProcessLike }).process;

// The platform as it is when this is loaded: a test may put fake timers in its place later, and what drives the run, or a
// virtual clock, would never be called. The system's clock does look at the timers of the moment: that is what fakes are for.
const nextTick = process?.nextTick?.bind(process);
export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout;
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout;
export const setInterval: typeof globalThis.setInterval = globalThis.setInterval;
export const clearInterval: typeof globalThis.clearInterval = globalThis.clearInterval;
export const setImmediate: typeof globalThis.setImmediate = globalThis.setImmediate;
export const monotonicNow: () => number = performance.now.bind(performance);

const inspect = Symbol.for('nodejs.util.inspect.custom');

/** Decides how `util.inspect` and `console.log` show the objects of a class: `<CancelScope active>`. */
export function inspectAs<T extends object>(type: { readonly prototype: T }, show: (object: T) => string): void {
  Object.defineProperty(type.prototype, inspect, {
    value(this: T): string {
      return `<${show(this)}>`;
    },
  });
}

/** A variable of the process's environment, read without asking for permissions that it may not have. */
export function environment(name: string): string | undefined {
  try {
    return process?.env?.[name];
  } catch {
    return undefined;
  }
}

/** Calls `listener` each time the process is about to end because nothing is left that could happen. @returns what ends that. */
export function onBeforeExit(listener: () => void): () => void {
  process?.on?.('beforeExit', listener);
  return () => process?.off?.('beforeExit', listener);
}

/** Shows a process warning. */
export function warn(message: string, type: string): void {
  if (process?.emitWarning !== undefined) process.emitWarning(message, type);
  else console.warn(`${type}: ${message}`);
}

/** Calls `fn` soon: where that is possible, after the microtasks that are to run now, and before the event loop turns. */
export function afterMicrotasks(fn: () => void): void {
  if (nextTick !== undefined) nextTick(fn);
  else setImmediate(fn);
}
