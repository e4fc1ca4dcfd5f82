import { hasBrand } from './brand.ts';
import { describeError, isError } from './is-error.ts';
import { TercetError } from './tercet-error.ts';
import { withoutStack } from './without-stack.ts';

/** Who cancelled: a call of `cancel()`, a deadline, a failing nursery, an AbortSignal, … */
export type CancelSource =
  'explicit' | 'deadline' | 'nursery' | 'signal' | 'shutdown' | 'interrupt' | 'exited' | 'deadlock';

const causeBrand = Symbol.for('@tercet/core/CancelCause');

/** At most so many waits get an error that is made for them alone, for each cause. */
const OWN_ERRORS = 100;

/** Why a scope is cancelled: made once by the first cause, shared by every `Cancelled` that it leads to. */
export class CancelCause {
  static {
    Object.defineProperty(this.prototype, causeBrand, { value: true });
  }
  readonly source: CancelSource;
  readonly reason: string | undefined;
  readonly sourceTask: string | undefined;
  #model: Cancelled | undefined = undefined;
  #made = 0;
  #text: string | undefined = undefined;

  /** @param reason a text. Anything else is described: a wrong reason must not lose the cancellation. */
  constructor(source: CancelSource, reason?: unknown, sourceTask?: string) {
    this.source = source;
    this.reason = textOf(reason);
    this.sourceTask = sourceTask;
  }

  /** The message of the errors that it leads to: made once, however many tasks are cancelled. */
  get text(): string {
    return (this.#text ??= describe(this));
  }

  /**
   * The error of one wait that it aborts, without a stack: at such a moment that would be the canceller's, not the waiter's.
   *
   * Each wait gets one of its own, since whoever catches it may write into it. But to make an error takes as long as to
   * cancel a wait: beyond the first hundred they are objects that inherit all from one (benchmark `cancel`).
   */
  makeForWait(): Cancelled {
    if (this.#made++ < OWN_ERRORS) return withoutStack(makeCancelled, this as CancelCause);
    return Object.create((this.#model ??= makeModel(this))) as Cancelled;
  }
}

/** What becomes of everything that still runs in a scope which has already ended. */
export const EXITED: CancelCause = new CancelCause(
  'exited',
  'the task or scope in which it was started has ended; in a callback, use nursery.startSoon() of an open nursery, or a ' +
    'portal, or open what calls back with runOutside()',
);

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
    const { name, message, source, reason, sourceTask } = this;
    return {
      name,
      message,
      source,
      ...(reason !== undefined && { reason }),
      ...(sourceTask !== undefined && { sourceTask }),
    };
  }
}

function isCause(value: unknown): value is CancelCause {
  return hasBrand(value, causeBrand);
}

function textOf(reason: unknown): string | undefined {
  if (reason === undefined || typeof reason === 'string') return reason;
  try {
    const text: unknown = isError(reason) ? reason.message : reason;
    return String(text);
  } catch {
    return describeError(reason);
  }
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

/** An error that others inherit from. Its stack is a plain property: the engine's own would be written by its heirs. */
function makeModel(cause: CancelCause): Cancelled {
  const model = withoutStack(makeCancelled, cause);
  const { stack } = model;
  return Object.defineProperty(model, 'stack', { value: stack, writable: true, configurable: true });
}

/**
 * Whether the error is a `Cancelled`, whichever copy of the library made it.
 *
 * @example
 * try { await work(); } catch (error) { if (!isCancelled(error)) log(error); throw error; }
 */
export function isCancelled(error: unknown): error is Cancelled {
  return hasBrand(error, brand);
}
