import { TercetError } from './tercet-error.ts';

/** Who cancelled: a call of `cancel()`, a deadline, a failing nursery, an AbortSignal, … */
export type CancelSource =
  'explicit' | 'deadline' | 'nursery' | 'signal' | 'shutdown' | 'interrupt' | 'exited' | 'deadlock';

const causeBrand = Symbol.for('@tercet/core/CancelCause');

/** Why a scope is cancelled: made once by the first cause, shared by every `Cancelled` that it leads to. */
export class CancelCause {
  static {
    Object.defineProperty(this.prototype, causeBrand, { value: true });
  }
  readonly source: CancelSource;
  readonly reason: string | undefined;
  readonly sourceTask: string | undefined;
  #shared: Cancelled | undefined = undefined;
  #text: string | undefined = undefined;

  constructor(source: CancelSource, reason?: string, sourceTask?: string) {
    this.source = source;
    this.reason = reason;
    this.sourceTask = sourceTask;
  }

  /** The message of the errors that it leads to: made once, however many tasks are cancelled. */
  get text(): string {
    return (this.#text ??= describe(this));
  }

  /**
   * The error of all waits that it aborts. The stack at such a moment is the canceller's, not the waiter's, so it has none;
   * and one is enough, so that cancelling a large tree does not make one for each (benchmark `cancel`).
   */
  get shared(): Cancelled {
    return (this.#shared ??= makeWithoutStack(this));
  }
}

/** What becomes of everything that still runs in a scope which has already ended. */
export const EXITED: CancelCause = new CancelCause('exited', 'the scope it runs in has already ended');

const brand = Symbol.for('@tercet/core/Cancelled');

/**
 * Thrown at every checkpoint of a cancelled scope, and absorbed by that scope. Not to be made, kept or thrown by user
 * code: catch it only to clean up, and throw it on.
 *
 * It carries no identity: a `Cancelled` that was raised for one scope may be absorbed by another.
 */
export class Cancelled extends TercetError {
  static {
    this.prototype.name = 'Cancelled';
    Object.defineProperty(this.prototype, brand, { value: true });
  }
  /** What kind of event cancelled the scope. */
  readonly source: CancelSource;
  /** The reason that was given to `cancel()`, or one that the framework gives. */
  declare readonly reason?: string;
  /** The name of the task that cancelled the scope, where there was one. */
  declare readonly sourceTask?: string;

  /** @throws {TypeError} always, outside of the framework: cancel a scope instead. */
  constructor(...args: never[]);
  constructor(cause: unknown) {
    if (!isCause(cause)) {
      throw new TypeError('Cancelled has no public constructor; cancel a CancelScope or a task');
    }
    super(cause.text);
    this.source = cause.source;
    if (cause.reason !== undefined) this.reason = cause.reason;
    if (cause.sourceTask !== undefined) this.sourceTask = cause.sourceTask;
  }

  /** Its plain data, for logs: `structuredClone` would lose the class and the fields. */
  toJSON(): { name: string; message: string; source: CancelSource; reason?: string; sourceTask?: string } {
    return Object.assign({ name: this.name, message: this.message }, this);
  }
}

function isCause(value: unknown): value is CancelCause {
  return (value as Record<symbol, unknown> | null | undefined)?.[causeBrand] === true;
}

function describe({ source, reason, sourceTask }: CancelCause): string {
  let text = `cancelled due to ${source}`;
  if (reason !== undefined) text += ` with reason ${JSON.stringify(reason)}`;
  if (sourceTask !== undefined) text += ` from task ${sourceTask}`;
  return text;
}

const construct = Cancelled as unknown as new (cause: CancelCause) => Cancelled;

/** The error for a checkpoint that is reached in a cancelled scope: its stack is the way to that checkpoint. */
export function makeCancelled(cause: CancelCause = EXITED): Cancelled {
  return new construct(cause);
}

function makeWithoutStack(cause: CancelCause): Cancelled {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return new construct(cause);
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/**
 * Whether the error is a `Cancelled`, whichever copy of the library made it.
 *
 * @example
 * try { await work(); } catch (error) { if (!isCancelled(error)) log(error); throw error; }
 */
export function isCancelled(error: unknown): error is Cancelled {
  return (error as Record<symbol, unknown> | null | undefined)?.[brand] === true;
}
