import type { Waker } from '@tercet/core/lowlevel';
import type { Transferable } from '../boundary/transfer.ts';
import type { Encoded } from '../boundary/encode-error.ts';
import type { Reference } from '../naming/remote-function.ts';
import type { CallExtra, ItemsEnd } from '../protocol/messages.ts';
import type { PooledWorker } from './pooled-worker.ts';

/**
 * The way in which a cancelled call treats its job: leave it alone, ask it to end, or kill its worker.
 *
 * @example
 * const onCancel: OnCancel = 'ask'; // the job's own scope is cancelled, so that its `finally` blocks run
 * await openWorkers({ max: 1 }, async (workers) => workers.with({ onCancel }));
 */
export type OnCancel = 'wait' | 'ask' | 'kill';

/** Receives everything that comes beside the result. Some calls have one. */
export interface CallHandlers {
  items?: ((items: unknown[]) => void) | undefined;
  progress?(value: unknown): void;
  pull?(argument: number, count: number): void;
}

/** The options that matter to a call. */
export interface CallSettings {
  readonly onCancel: OnCancel;
  /** Milliseconds. */
  readonly grace: number;
  readonly priority: number;
  readonly retryBroken: number;
}

/** The error of a job, before it is made again: in the stack of the caller. */
export class JobFailure {
  readonly encoded: Encoded;
  /** The name of the worker that ran it. */
  readonly worker: string;

  constructor(encoded: Encoded, worker: string) {
    this.encoded = encoded;
    this.worker = worker;
  }
}

/** The job was cancelled in the worker, and nobody here has asked for that: its deadline came there first. */
export const ENDED_THERE: unique symbol = Symbol('ended by its deadline');

/** The task of a call has been cancelled, but its job goes on for now. */
export const STILL_RUNS: unique symbol = Symbol('the job still runs');

/** The value or the error with which a call has ended. */
export type CallOutcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * A call of a function in a worker: `new` until it is submitted, `queued` exactly while it is in the queue, then `sent`, and
 * `ended` exactly once. A worker that dies sends those back to the queue that it had not begun.
 *
 * It is also what its task waits for, so the task tree asks it for a text.
 */
export class Call {
  readonly reference: Reference;
  readonly args: unknown[];
  readonly settings: CallSettings;
  readonly extra: CallExtra | undefined;
  readonly transfers: Transferable[] | undefined;
  readonly handlers: CallHandlers | undefined;
  /** When it was made, on the clock of `performance.now()`. */
  readonly since: number = performance.now();

  state: 'new' | 'queued' | 'sent' | 'ended' = 'new';
  /** While it is sent: who has it, and under which number. */
  worker: PooledWorker | undefined = undefined;
  sequence = 0;
  /** When it was sent, on the same clock. */
  sentAt = 0;
  /** Workers that died with it. */
  timesBroken = 0;
  /** A part of it is with its worker only: memory that was moved there, or items. So it is not sent to another one. */
  isBound = false;
  /** It has been cancelled while it was sent: what its task then throws. */
  raise: (() => never) | undefined = undefined;
  /** Its worker is to be killed without asking the job. */
  killsAtOnce = false;
  /** It runs in native code, which nothing can end. */
  stuck = false;
  graceTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  /** While its task waits for it. */
  waker: Waker<unknown> | undefined = undefined;
  /** How it ended, while its task did not wait. */
  outcome: CallOutcome | undefined = undefined;

  /** Its neighbours in the queue. */
  ahead: Call | undefined = undefined;
  behind: Call | undefined = undefined;

  constructor(
    reference: Reference,
    args: unknown[],
    settings: CallSettings,
    extra?: CallExtra,
    transfers?: Transferable[],
    handlers?: CallHandlers,
  ) {
    this.reference = reference;
    this.args = args;
    this.settings = settings;
    this.extra = extra;
    this.transfers = transfers;
    this.handlers = handlers;
  }

  /** Whether sending it to a thread takes memory from this one, which it can do only once. */
  get movesMemory(): boolean {
    return this.transfers !== undefined && this.transfers.length > 0;
  }

  /** Whether it has been cancelled, or asked to end. */
  get isEnding(): boolean {
    return this.raise !== undefined;
  }

  wake(value: unknown): void {
    if (!this.#end()) return;
    if (this.waker === undefined) this.outcome = { value };
    else this.waker.wake(value);
  }

  fail(error: unknown): void {
    if (!this.#end()) return;
    if (this.waker === undefined) this.outcome = { error };
    else this.waker.fail(error);
  }

  /** Its task has been cancelled, and comes back to wait for the end of the job, which nothing interrupts then. */
  leave(): void {
    const { waker } = this;
    this.waker = undefined;
    waker?.fail(STILL_RUNS);
  }

  /** Ends with what its cancellation throws. */
  failCancelled(): void {
    try {
      this.raise?.();
    } catch (error) {
      this.fail(error);
      return;
    }
    this.fail(ENDED_THERE);
  }

  #end(): boolean {
    if (this.state === 'ended') return false;
    this.state = 'ended';
    this.worker = undefined;
    clearTimeout(this.graceTimer);
    return true;
  }

  /** Sends items of an iterable argument. */
  sendItems(argument: number, items: unknown[], end: ItemsEnd): void {
    this.worker?.sendItems(this, argument, items, end);
  }

  /** As the task tree shows it. */
  toString(): string {
    const { name } = this.reference;
    if (this.worker === undefined) return `a worker for ${name}`;
    const seconds = ((performance.now() - this.sentAt) / 1000).toFixed(1);
    const text = `${this.worker.name}: ${name} (started ${seconds} s ago)`;
    return this.stuck ? `${text}, which is in native code and cannot be ended` : text;
  }
}
