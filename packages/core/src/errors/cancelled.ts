import { hasBrand } from './brand.ts';
import { describeError, isError } from './is-error.ts';
import { TercetError } from './tercet-error.ts';
import { withoutStack } from './without-stack.ts';

/**
 * The kind of event that cancelled a scope: a call of `cancel()`, a deadline, a failing nursery, an AbortSignal, …
 *
 * @example
 * const asked: readonly CancelSource[] = ['explicit', 'shutdown', 'interrupt'];
 * try {
 *   await sleep(5);
 * } catch (error) {
 *   if (error instanceof Cancelled && asked.includes(error.source)) console.log('the program asked for it');
 *   throw error;
 * }
 */
export type CancelSource =
  'explicit' | 'deadline' | 'nursery' | 'signal' | 'shutdown' | 'interrupt' | 'exited' | 'deadlock';

const causeBrand = Symbol.for('@tercet/core/CancelCause');

/** Number of waits, for each cause, that get a separate error with its own fields. */
const OWN_ERRORS = 100;

/** Why a scope is cancelled: made once, by the event that cancels first, and shared by each `Cancelled` that results. */
export class CancelCause {
  static {
    Object.defineProperty(this.prototype, causeBrand, { value: true });
  }
  readonly source: CancelSource;
  readonly reason: string | undefined;
  /** The name of the task that cancelled. */
  readonly sourceTask: string | undefined;
  /** The prototype of the errors beyond `OWN_ERRORS`; made with the first of them. */
  #model: Cancelled | undefined = undefined;
  /** Number of errors that were made for waits. */
  #made = 0;
  /** The message of all errors; made with the first of them. */
  #text: string | undefined = undefined;

  /** @param reason a text. Any other value is converted: a wrong reason must not lose the cancellation. */
  constructor(source: CancelSource, reason?: unknown, sourceTask?: string) {
    this.source = source;
    this.reason = textOf(reason);
    this.sourceTask = sourceTask;
  }

  /** The message of the errors. */
  get text(): string {
    return (this.#text ??= describe(this));
  }

  /**
   * Makes the error of a wait that is aborted. It has no stack, since that would show the code that cancels, not the code that
   * waits.
   *
   * Each wait gets a separate object, since code that catches it may write to it. Making an error takes as long as the rest of
   * cancelling a wait, so beyond the first hundred the objects inherit everything from one error (benchmark `cancel`).
   */
  makeForWait(): Cancelled {
    if (this.#made++ < OWN_ERRORS) return withoutStack(makeCancelled, this as CancelCause);
    return Object.create((this.#model ??= makeModel(this))) as Cancelled;
  }
}

/** The cause for code that still runs in a scope or a task that has ended. */
export const EXITED: CancelCause = new CancelCause(
  'exited',
  'the task or scope in which it was started has ended; in a callback, use nursery.startSoon() of an open nursery, or a ' +
    'portal, or open what calls back with runOutside()',
);

const brand = Symbol.for('@tercet/core/Cancelled');

/**
 * Thrown at each checkpoint in a cancelled scope, and absorbed by that scope. User code does not make or store it. Catch it only
 * to clean up, and rethrow it.
 *
 * It carries no identity: a `Cancelled` that was thrown for one scope may be absorbed by another.
 *
 * @example
 * try {
 *   await work();
 * } catch (error) {
 *   if (isCancelled(error)) console.log(`cancelled by ${error.source}: ${error.reason ?? 'no reason'}`);
 *   throw error;
 * }
 */
export class Cancelled extends TercetError {
  static {
    this.prototype.name = 'Cancelled';
    Object.defineProperty(this.prototype, brand, { value: true });
  }
  /** The kind of event that cancelled the scope. */
  readonly source: CancelSource;
  /** The reason that was given to `cancel()`, or a text of the framework. */
  declare readonly reason?: string;
  /** The name of the task that cancelled the scope; `undefined` when that was not a task. */
  declare readonly sourceTask?: string;

  // Not private, as other constructors that users cannot call: `handleGroup` takes only classes with a public one.
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

  /** The error as plain data, for logs. (`structuredClone` would lose the class and the fields.) */
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

/** Makes the error of a checkpoint in a cancelled scope. Its stack leads to the checkpoint. */
export function makeCancelled(cause: CancelCause = EXITED): Cancelled {
  return new construct(cause);
}

/** Makes an error from which others inherit. Its stack is a plain property, since they would share the setter of the engine's. */
function makeModel(cause: CancelCause): Cancelled {
  const model = withoutStack(makeCancelled, cause);
  const { stack } = model;
  return Object.defineProperty(model, 'stack', { value: stack, writable: true, configurable: true });
}

/**
 * Whether the error is a `Cancelled`, also of another copy of the library or of another realm.
 *
 * @example
 * try { await work(); } catch (error) { if (!isCancelled(error)) log(error); throw error; }
 */
export function isCancelled(error: unknown): error is Cancelled {
  return hasBrand(error, brand);
}
