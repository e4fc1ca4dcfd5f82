import type { AbortOutcome } from '@tercet/core/lowlevel';
import { WaitQueue } from '@tercet/core/lowlevel';
import { decodeError } from '../boundary/decode-error.ts';
import type { Encoded } from '../boundary/encode-error.ts';
import type { LeavingReason } from '../protocol/messages.ts';
import { BrokenWorkerError } from '../workers/broken-worker-error.ts';
import type { CheckedOptions } from '../workers/worker-options.ts';
import type { WorkerExit } from '../workers/worker-link.ts';
import { CallQueue } from './call-queue.ts';
import type { Call } from './call.ts';
import { Crew } from './crew.ts';
import { ending } from './ending-calls.ts';
import { IdleWorkers } from './idle-workers.ts';
import { brokenError } from './lost-worker.ts';
import { Counters } from './pool-statistics.ts';
import type { ExecutorStatistics } from './pool-statistics.ts';
import type { PooledWorker, WorkerOwner } from './pooled-worker.ts';
import { Prefetching } from './prefetching.ts';
import { leastLoaded, mostLoaded, shareOf } from './shares.ts';
import { tellBroken, tellEnded, tellStarted } from './worker-events.ts';

/**
 * The workers of one executor, and the calls that wait for them.
 *
 * Calls stand in one queue. A worker takes the next one when it has nothing to do, the worker that became idle last first: so
 * those that are not needed stay idle, and leave. Only when jobs are short it gets some ahead; they can be taken back until
 * they begin, for another worker that has nothing to do, or when theirs dies.
 *
 * All of this happens synchronously, inside of calls of tasks or events of workers. Ending a call only settles the promise
 * of its task.
 */
export class Pool implements WorkerOwner {
  readonly options: CheckedOptions;
  readonly #queue = new CallQueue();
  readonly #crew: Crew;
  readonly #idle: IdleWorkers;
  readonly #prefetching: Prefetching;
  readonly #counters = new Counters();
  /** Takes no more calls. */
  closed = false;
  /** Failures that belong to no call. The next exit of `openWorkers` throws them. */
  readonly failures: BrokenWorkerError[] = [];
  /** Tasks that wait for a call or a worker to end. */
  readonly #changes = new WaitQueue<void>('workers to end');

  constructor(options: CheckedOptions) {
    this.options = options;
    this.#crew = new Crew(options, this, (error) => this.#failLongestWaiting(error));
    this.#prefetching = new Prefetching(options.prefetch);
    this.#idle = new IdleWorkers(options.idleTimeout, (worker) => {
      if (this.#crew.size <= options.min) return false;
      this.#dismiss(worker);
      return true;
    });
    this.#refill();
  }

  submit(call: Call): void {
    this.#queue.add(call);
    this.#dispatch();
  }

  /** Cancels a call whose task was cancelled. @returns the answer of the task's abort function. */
  cancel(call: Call, raise: () => never): AbortOutcome {
    if (call.state === 'ended' || call.settings.onCancel === 'wait') return 'failed';
    if (this.#takeBack(call)) {
      call.state = 'ended';
      return 'succeeded';
    }
    if (call.settings.onCancel === 'kill') call.killsAtOnce = true;
    this.#beginEnding(call, raise);
    return 'failed';
  }

  /** Asks a job to end, though its task has not been cancelled; its call then fails with what `raise` throws. */
  ask(call: Call, raise: () => never): void {
    if (call.isEnding || call.state === 'ended') return;
    const begun = !this.#takeBack(call);
    if (begun) this.#beginEnding(call, raise);
    else {
      call.raise = raise;
      call.failCancelled();
    }
  }

  #beginEnding(call: Call, raise: () => never): void {
    call.raise = raise;
    if (call.worker !== undefined) ending.begin(call, call.worker);
  }

  /** @returns true when the job of the call will not run. */
  #takeBack(call: Call): boolean {
    if (call.state === 'new') return true;
    if (call.state === 'queued') {
      this.#queue.remove(call);
      if (this.#queue.length < this.#crew.starting && this.#crew.size > this.options.min) this.#crew.stopOneStarting();
      this.#changed();
      return true;
    }
    const { worker } = call;
    if (worker?.withdraw(call) !== true) return false;
    this.hasRoom(worker);
    return true;
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const worker = this.#idle.take() ?? this.#workerWithRoom();
      if (worker === undefined) break;
      if (worker.state === 'idle') {
        worker.state = 'busy';
        worker.hold(true);
      }
      worker.send(this.#queue.shift()!);
    }
    if (this.#crew.starting > 0 && this.#queue.length > 0) this.#crew.holdStarting();
    while (this.#queue.length > this.#crew.starting && this.#crew.size < this.options.max) this.#crew.start(true);
  }

  /** A busy worker that may get one more job ahead, unless workers that are about to be ready will take all that wait. */
  #workerWithRoom(): PooledWorker | undefined {
    const most = 1 + this.#prefetching.count;
    if (most === 1 || this.#queue.length <= this.#crew.starting) return undefined;
    // From a thread that has its memory it could not be taken back.
    if (this.options.kind === 'thread' && this.#queue.first?.movesMemory === true) return undefined;
    return leastLoaded(this.#crew, most);
  }

  ready(worker: PooledWorker): void {
    this.#crew.ready();
    this.#counters.started++;
    tellStarted({ worker: worker.name, kind: worker.kind });
    this.#becomeIdle(worker);
  }

  took(call: Call, microseconds: number): void {
    this.#prefetching.took(microseconds);
    this.#counters.took(microseconds, performance.now() - call.since - microseconds / 1000);
  }

  hasRoom(worker: PooledWorker): void {
    if (worker.state === 'busy') {
      if (worker.jobsLeft <= 0 && worker.calls.size === 0) this.#dismiss(worker);
      else if (worker.calls.size === 0) this.#becomeIdle(worker);
      else {
        ending.goOn(worker);
        this.#dispatch();
      }
    }
    this.#changed();
  }

  #becomeIdle(worker: PooledWorker): void {
    worker.state = 'idle';
    this.#idle.add(worker);
    if (this.#queue.length > 0) this.#dispatch();
    else if (this.closed) this.#dismiss(worker);
    else if (this.#crew.size > 1) this.#takeOver();
    if (worker.state === 'idle') worker.hold(false);
    this.#idle.watch();
  }

  /** Gives an idle worker jobs that another worker has been sent ahead. */
  #takeOver(): void {
    const busiest = mostLoaded(this.#crew);
    if (busiest === undefined) return;
    for (const call of shareOf(busiest)) {
      if (busiest.withdraw(call)) this.#queue.add(call);
      else if (busiest.kind === 'process') busiest.askBack(call);
    }
    if (this.#queue.length > 0) this.#dispatch();
  }

  givenBack(call: Call): void {
    if (call.isEnding) call.failCancelled();
    else this.#queue.addFirst(call);
    this.#dispatch();
    this.#changed();
  }

  leaving(worker: PooledWorker, reason: LeavingReason, error: Encoded | undefined): void {
    const cause = error === undefined ? undefined : decodeError(error);
    if (reason === 'start failed') {
      this.#crew.failStart(worker, cause);
    } else if (reason === 'retire failed') {
      const failure = brokenError(worker, { started: false, reason: 'retire', cause });
      this.failures.push(failure);
      tellBroken({ worker: worker.name, kind: worker.kind, error: failure });
    }
  }

  exited(worker: PooledWorker, exit: WorkerExit): void {
    const { state } = worker;
    this.#idle.remove(worker);
    if (this.#crew.remove(worker, exit)) this.#countExit(worker, state);
    ending.forget(worker);
    for (const call of worker.calls.values()) this.#lost(call, worker, exit);
    worker.calls.clear();
    this.#refill();
    this.#dispatch();
    this.#changed();
  }

  /** The worker of a call has exited without an answer. */
  #lost(call: Call, worker: PooledWorker, exit: WorkerExit): void {
    const started = worker.hasBegun(call);
    if (call.isEnding && (started === false || worker.killed)) {
      call.failCancelled();
    } else if (mayRunAgain(call, started)) {
      this.#queue.add(call);
    } else {
      const error = brokenError(worker, { started, exit });
      tellBroken({ worker: worker.name, kind: worker.kind, error });
      call.fail(error);
    }
  }

  #countExit(worker: PooledWorker, before: PooledWorker['state']): void {
    const broken = worker.killed || before === 'idle' || before === 'busy' || worker.reason === 'retire failed';
    if (broken) this.#counters.broken++;
    else this.#counters.retired++;
    tellEnded({ worker: worker.name, kind: worker.kind });
  }

  #failLongestWaiting(error: BrokenWorkerError): void {
    this.#queue.shift()?.fail(error);
    this.#changed();
  }

  #refill(): void {
    while (!this.closed && this.#crew.isShort) this.#crew.start(this.#queue.length > 0);
  }

  #dismiss(worker: PooledWorker): void {
    this.#idle.remove(worker);
    worker.hold(this.closed);
    worker.stop();
  }

  /** Takes no more calls. */
  close(): void {
    this.closed = true;
  }

  /** Asks the idle workers to leave, and kills those that are starting. */
  dismissIdle(): void {
    for (const worker of this.#crew) {
      worker.hold(true);
      if (worker.state === 'idle') this.#dismiss(worker);
      else if (worker.state === 'starting') worker.kill();
    }
  }

  /** Asks each worker to leave: the idle ones now, and the others after their jobs. */
  retireAll(): void {
    this.closed = true;
    for (const worker of this.#crew) if (worker.state === 'idle') this.#dismiss(worker);
  }

  /** Kills the workers that have not left. @returns their names. */
  killAll(): string[] {
    return this.#crew.killAll();
  }

  /** Calls that have not ended. */
  get pendingCalls(): number {
    let pending = this.#queue.length;
    for (const worker of this.#crew) pending += worker.calls.size;
    return pending;
  }

  get livingWorkers(): number {
    return this.#crew.size;
  }

  /** Waits until a call or a worker has ended. A checkpoint. */
  waitForChange(): Promise<void> {
    return this.#changes.wait(undefined);
  }

  #changed(): void {
    if (this.#changes.length > 0) this.#changes.wakeAll(undefined);
  }

  statistics(): ExecutorStatistics {
    return this.#counters.statistics(this.#crew, this.#queue.length);
  }
}

function mayRunAgain(call: Call, started: boolean | 'unknown'): boolean {
  if (call.isEnding || call.isBound) return false;
  return started === false || call.timesBroken++ < call.settings.retryBroken;
}
