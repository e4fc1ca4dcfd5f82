// What the core uses of the platform beyond the language, all of it optional: it runs unchanged on Node, Bun and Deno.

type ProcessEvent = 'beforeExit' | 'unhandledRejection';

interface ProcessLike {
  readonly env?: Readonly<Record<string, string | undefined>>;
  nextTick?(callback: () => void): void;
  emitWarning?(message: string, type: string): void;
  on?(event: ProcessEvent, listener: (...args: never[]) => void): void;
  off?(event: ProcessEvent, listener: (...args: never[]) => void): void;
  listenerCount?(event: ProcessEvent): number;
}

const { process } = globalThis as unknown as { process?: ProcessLike };

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

/** Calls `listener` at each such event of the process. @returns what ends that. */
function listen(event: ProcessEvent, listener: (argument: unknown) => void): () => void {
  process?.on?.(event, listener);
  return () => process?.off?.(event, listener);
}

/** Calls `listener` each time the process is about to end because nothing is left that could happen. */
export function onBeforeExit(listener: () => void): () => void {
  return listen('beforeExit', listener);
}

/**
 * Keeps rejections that nobody handles from ending the process, if `forgives` says so; all others do what they would have
 * done.
 *
 * @returns what ends that.
 */
export function forgiveRejections(forgives: (reason: unknown) => boolean): () => void {
  return listen('unhandledRejection', (reason) => {
    // With a listener, rejections no longer end the process by themselves.
    if (!forgives(reason) && process?.listenerCount?.('unhandledRejection') === 1) throw reason;
  });
}

/** Shows a process warning. */
export function warn(message: string, type: string): void {
  if (process?.emitWarning !== undefined) process.emitWarning(message, type);
  else console.warn(`${type}: ${message}`);
}

/** Calls `fn` soon: where that is possible, after the microtasks that are to run now, and before the event loop turns. */
export function afterMicrotasks(fn: () => void): void {
  if (process?.nextTick !== undefined) process.nextTick(fn);
  else setImmediate(fn);
}
