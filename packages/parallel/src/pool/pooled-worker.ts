import { serialize } from 'node:v8';
import { cloneFailure } from '../boundary/clone-failure.ts';
import type { Encoded } from '../boundary/encode-error.ts';
import { payloadOf, restoreBuffers } from '../boundary/payload.ts';
import type { Path } from '../boundary/payload.ts';
import type { Reference } from '../naming/remote-function.ts';
import { LENGTH_TO_PARENT, ToParent, ToWorker } from '../protocol/messages.ts';
import type { ItemsEnd, LeavingReason } from '../protocol/messages.ts';
import { Outbox } from '../protocol/outbox.ts';
import { SLOTS } from '../protocol/shared-claims.ts';
import { openProcess } from '../workers/process-link.ts';
import { openThread } from '../workers/thread-link.ts';
import type { LinkOptions, WorkerExit, WorkerLink } from '../workers/worker-link.ts';
import type { CheckedOptions } from '../workers/worker-options.ts';
import { JobFailure } from './call.ts';
import type { Call } from './call.ts';
import { writeOutput } from './write-output.ts';

/** Receives the reports of a worker: its pool. */
export interface WorkerOwner {
  ready(worker: PooledWorker): void;
  /** A job has ended. */
  took(call: Call, microseconds: number): void;
  /** The worker can take more calls. */
  hasRoom(worker: PooledWorker): void;
  /** The worker has not begun this call, and will not run it. */
  givenBack(call: Call): void;
  /** The worker leaves without having been asked. */
  leaving(worker: PooledWorker, reason: LeavingReason, error: Encoded | undefined): void;
  exited(worker: PooledWorker, exit: WorkerExit): void;
}

/**
 * A worker, and the calls that have been sent to it. It runs them one at a time, in the order of their numbers: so the first
 * one that has not been answered is the one that runs, or is about to.
 */
export class PooledWorker {
  readonly id: number;
  readonly name: string;
  readonly kind: 'thread' | 'process';
  /** `leaving`: it gets no more jobs, and will exit. */
  state: 'starting' | 'idle' | 'busy' | 'leaving' | 'gone' = 'starting';
  /** Why it leaves, where it has said so itself. */
  reason: LeavingReason | undefined = undefined;
  /** Set when this program has killed the worker. */
  killed = false;
  /** When it became idle, on the clock of `performance.now()`. */
  idleSince = 0;
  /** Calls that have been sent and not been answered, in the order of their numbers. */
  readonly calls: Map<number, Call> = new Map();
  /** The number of the last call. */
  #sequence = 0;
  /** Calls that may still be sent. */
  jobsLeft: number;
  readonly #owner: WorkerOwner;
  readonly #link: WorkerLink;
  readonly #outbox: Outbox;
  readonly #functions = new Map<Reference, number>();

  /** @throws what the platform throws when the options do not suit it. */
  constructor(id: number, options: CheckedOptions, owner: WorkerOwner) {
    const { kind, init, retire, maxHeap, stdio } = options;
    this.id = id;
    this.kind = kind;
    this.name = `${options.name === undefined ? '' : `${options.name} `}worker ${kind} ${id}`;
    this.jobsLeft = options.maxJobs;
    this.#owner = owner;
    this.#link = (kind === 'thread' ? openThread : openProcess)(linkOptions(options), {
      batch: (batch) => this.#take(batch),
      exit: (exit) => owner.exited(this, exit),
    });
    this.#outbox = new Outbox(this.#link.post, (record, problem) => this.#refused(record, problem));
    this.#outbox.open().push(ToWorker.start, {
      id,
      name: this.name,
      kind,
      output: stdio,
      parentPid: process.pid,
      ...(init === undefined ? {} : { init }),
      ...(retire === undefined ? {} : { retire }),
      ...(maxHeap === undefined ? {} : { maxHeap }),
    });
  }

  /** Whether it keeps this process alive. */
  hold(holds: boolean): void {
    this.#link.hold(holds);
  }

  /** Whether it may be sent one more call: it does not leave before, and the slot of the next number belongs to no other call. */
  get takesMore(): boolean {
    return this.jobsLeft > 0 && !this.calls.has(this.#sequence + 1 - SLOTS);
  }

  send(call: Call): void {
    const sequence = ++this.#sequence;
    call.state = 'sent';
    call.worker = this;
    call.sequence = sequence;
    call.sentAt = performance.now();
    call.isBound = this.kind === 'thread' && call.movesMemory;
    this.calls.set(sequence, call);
    this.jobsLeft--;
    this.#link.shared?.offer(sequence);
    const fn = this.#numberOf(call.reference);
    this.#outbox.open(call.transfers).push(ToWorker.call, sequence, fn, call.args, call.extra);
  }

  #numberOf(reference: Reference): number {
    const known = this.#functions.get(reference);
    if (known !== undefined) return known;
    const number = this.#functions.size;
    this.#functions.set(reference, number);
    this.#outbox.open().push(ToWorker.define, number, reference.module, reference.name);
    return number;
  }

  /** Takes a call back. @returns false when it has begun, or when that is not known yet. */
  withdraw(call: Call): boolean {
    if (this.#link.shared?.withdraw(call.sequence) !== true) return false;
    this.#forget(call);
    return true;
  }

  #forget(call: Call): void {
    this.calls.delete(call.sequence);
    this.jobsLeft++;
    call.worker = undefined;
  }

  /** Asks for a call to be given back, where that cannot be decided from here. */
  askBack(call: Call): void {
    this.#outbox.open().push(ToWorker.withdraw, call.sequence);
  }

  /** Asks the job of a call to end. */
  ask(call: Call): void {
    this.#link.shared?.ask(call.sequence);
    this.#outbox.open().push(ToWorker.cancel, call.sequence);
  }

  sendItems(call: Call, argument: number, items: unknown[], end: ItemsEnd): void {
    this.#outbox.open(payloadOf(items)?.transfers).push(ToWorker.items, call.sequence, argument, items, end);
  }

  sendCredit(call: Call, count: number): void {
    this.#outbox.open().push(ToWorker.credit, call.sequence, count);
  }

  stop(): void {
    this.state = 'leaving';
    this.#outbox.open().push(ToWorker.stop);
  }

  kill(): void {
    this.killed = true;
    this.#link.kill();
  }

  /**
   * Whether a job has begun. A process notes quick jobs ahead, so only the first unanswered call is certain; but when a worker
   * says that it leaves, its last job has ended.
   */
  hasBegun(call: Call): boolean | 'unknown' {
    if (this.reason !== undefined) return false;
    const { shared, noted } = this.#link;
    if (shared !== undefined) return shared.hasBegun(call.sequence);
    if (noted === undefined || noted.begun < call.sequence) return false;
    return this.firstCall === call ? true : 'unknown';
  }

  /** The call that runs, or is about to. */
  get firstCall(): Call | undefined {
    return this.calls.values().next().value;
  }

  #take(batch: unknown[]): void {
    const before = this.calls.size;
    for (let at = 0; at < batch.length; at += LENGTH_TO_PARENT[batch[at] as number]!) this.#takeRecord(batch, at);
    if (this.calls.size < before) this.#owner.hasRoom(this);
  }

  #takeRecord(batch: unknown[], at: number): void {
    switch (batch[at]) {
      case ToParent.ready:
        this.#owner.ready(this);
        return;
      case ToParent.leaving:
        this.state = 'leaving';
        this.reason = batch[at + 1] as LeavingReason;
        this.#owner.leaving(this, this.reason, batch[at + 2] as Encoded | undefined);
        return;
      case ToParent.output:
        writeOutput(batch[at + 1] as number, batch[at + 2] as string | Uint8Array);
        return;
      default: {
        const call = this.calls.get(batch[at + 1] as number);
        if (call !== undefined) this.#takeOf(call, batch, at);
      }
    }
  }

  #takeOf(call: Call, batch: unknown[], at: number): void {
    const value = batch[at + 2];
    switch (batch[at]) {
      case ToParent.result: {
        const buffers = batch[at + 4] as readonly Path[] | undefined;
        this.#answered(call, batch[at + 3] as number);
        call.wake(buffers === undefined ? value : restoreBuffers(value, buffers));
        break;
      }
      case ToParent.failed:
        this.#answered(call, batch[at + 3] as number);
        call.fail(new JobFailure(value as Encoded, this.name));
        break;
      case ToParent.cancelled:
        this.#answered(call, value as number);
        call.failCancelled();
        break;
      case ToParent.withdrawn:
        this.#forget(call);
        this.#owner.givenBack(call);
        break;
      case ToParent.items:
        call.isBound = true;
        call.handlers?.items?.(value as unknown[]);
        break;
      case ToParent.progress:
        call.handlers?.progress?.(value);
        break;
      default:
        call.isBound = true;
        call.handlers?.pull?.(value as number, batch[at + 3] as number);
    }
  }

  #answered(call: Call, microseconds: number): void {
    this.calls.delete(call.sequence);
    this.#owner.took(call, microseconds);
  }

  /** Fails the call, or the iterable argument, whose record could not be cloned. */
  #refused(record: unknown[], problem: unknown): void {
    const call = this.calls.get(record[1] as number);
    if (call === undefined) return;
    if (record[0] === ToWorker.call) {
      this.#forget(call);
      call.fail(this.#argumentFailure(call, problem));
      this.#owner.hasRoom(this);
    } else if (record[0] === ToWorker.items) {
      const argument = record[2] as number;
      const failure = this.#cloneFailure(`an item of argument ${argument + 1}`, record[3], problem);
      call.handlers?.pull?.(argument, -1);
      call.sendItems(argument, [], { error: { kind: 'value', value: failure.message } });
    }
  }

  #argumentFailure({ args, extra, reference }: Call, problem: unknown): TypeError {
    const operation = `${reference.name}()`;
    for (const [index, argument] of args.entries()) {
      try {
        this.#tryClone(argument);
      } catch (error) {
        return this.#cloneFailure(`${operation}: argument ${index + 1}`, argument, error);
      }
    }
    for (const [name, value] of extra?.context ?? []) {
      try {
        this.#tryClone(value);
      } catch (error) {
        return this.#cloneFailure(`${operation}: the context variable ${name}`, value, error);
      }
    }
    return new TypeError(`${operation}: its arguments cannot be sent`, { cause: problem });
  }

  #cloneFailure(what: string, value: unknown, problem: unknown): TypeError {
    return cloneFailure(what, value, problem, this.#tryClone);
  }

  readonly #tryClone = (value: unknown): void => {
    if (this.kind === 'process') serialize(value);
    else structuredClone(value);
  };
}

function linkOptions({ execArgv, env, resourceLimits, stdio }: CheckedOptions): LinkOptions {
  return { execArgv, env, resourceLimits, ignoresOutput: stdio === 'ignore' };
}
