// The parts of the platform that core uses beyond the language. All are optional: core runs unchanged on Node, Bun and Deno.

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

// The functions of the platform at the time of loading. A test may install fake timers later, which would stop a run and virtual
// clocks. Only the system's clock uses the timers of the moment, since controlling it is the purpose of fake timers.
const nextTick = process?.nextTick?.bind(process);
export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout;
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout;
export const setInterval: typeof globalThis.setInterval = globalThis.setInterval;
export const clearInterval: typeof globalThis.clearInterval = globalThis.clearInterval;
export const setImmediate: typeof globalThis.setImmediate = globalThis.setImmediate;
export const monotonicNow: () => number = performance.now.bind(performance);

const inspect = Symbol.for('nodejs.util.inspect.custom');

/**
 * Sets how `util.inspect` and `console.log` show the objects of a class: `<CancelScope active>`.
 *
 * @example
 * class Gate {
 *   isOpen = false;
 * }
 * inspectAs(Gate, (gate) => `Gate ${gate.isOpen ? 'open' : 'closed'}`);
 * console.log(new Gate()); // <Gate closed>
 */
export function inspectAs<T extends object>(type: { readonly prototype: T }, show: (object: T) => string): void {
  Object.defineProperty(type.prototype, inspect, {
    value(this: T): string {
      return `<${show(this)}>`;
    },
  });
}

/** A variable of the environment of the process; `undefined` when the process may not read it. */
export function environment(name: string): string | undefined {
  try {
    return process?.env?.[name];
  } catch {
    return undefined;
  }
}

/** Calls `listener` each time the process is about to end because its event loop is empty. @returns a function that stops it. */
export function onBeforeExit(listener: () => void): () => void {
  process?.on?.('beforeExit', listener);
  return () => process?.off?.('beforeExit', listener);
}

/** Shows a process warning. */
export function warn(message: string, type: string): void {
  if (process?.emitWarning !== undefined) process.emitWarning(message, type);
  else console.warn(`${type}: ${message}`);
}

/** Calls `fn` after the current microtasks and before the event loop turns; on platforms without `nextTick`, after that. */
export function afterMicrotasks(fn: () => void): void {
  if (nextTick !== undefined) nextTick(fn);
  else setImmediate(fn);
}
