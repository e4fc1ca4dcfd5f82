// What the core uses of the platform beyond the language, all of it optional: it runs unchanged on Node, Bun and Deno.

interface ProcessLike {
  emitWarning?(message: string, type: string): void;
  on?(event: 'beforeExit', listener: () => void): void;
  off?(event: 'beforeExit', listener: () => void): void;
}

const { process } = globalThis as { process?: ProcessLike };

const inspect = Symbol.for('nodejs.util.inspect.custom');

/** Decides how `util.inspect` and `console.log` show the objects of a class: `<CancelScope active>`. */
export function inspectAs<T extends object>(type: { readonly prototype: T }, show: (object: T) => string): void {
  Object.defineProperty(type.prototype, inspect, {
    value(this: T): string {
      return `<${show(this)}>`;
    },
  });
}

/** Shows a process warning. */
export function warn(message: string, type: string): void {
  if (process?.emitWarning !== undefined) process.emitWarning(message, type);
  else console.warn(`${type}: ${message}`);
}

/** Calls `listener` each time the process is about to end because nothing is left that could happen. */
export function onBeforeExit(listener: () => void): () => void {
  process?.on?.('beforeExit', listener);
  return () => process?.off?.('beforeExit', listener);
}
