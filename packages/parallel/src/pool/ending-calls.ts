import { runOutside } from '@tercet/core/lowlevel';
import type { Call } from './call.ts';
import type { PooledWorker } from './pooled-worker.ts';

/**
 * How a call ends whose task has been cancelled while its job may have begun: the job is asked, and when the grace is over,
 * its worker is killed; with `'kill'` at once. Only a worker is killed that runs that very job, so no other call is hurt: the
 * job may still have others before it in a process, which does not share its memory.
 */
export const ending = {
  begin(call: Call, worker: PooledWorker): void {
    if (!call.killsAtOnce) {
      if (call.graceTimer === undefined) worker.ask(call);
    } else {
      // It may have been asked before.
      clearTimeout(call.graceTimer);
      call.graceTimer = undefined;
      if (!runs(call, worker)) worker.askBack(call);
    }
    ending.goOn(worker);
  },

  /** A call of the worker has ended, or has begun to end: perhaps it is the turn of another one. */
  goOn(worker: PooledWorker): void {
    const call = worker.firstCall;
    if (call === undefined || !call.isEnding || call.graceTimer !== undefined || worker.killed) return;
    if (!call.killsAtOnce) watch(call, worker, call.settings.grace);
    else if (runs(call, worker)) kill(call, worker);
    else watch(call, worker, SOON);
  },

  /** The worker has exited. */
  forget(worker: PooledWorker): void {
    clearTimeout(warnings.get(worker));
    warnings.delete(worker);
  },
};

const warnings = new Map<PooledWorker, ReturnType<typeof setTimeout>>();

/** Milliseconds between two looks whether a process has begun a job: it may also give it back. */
const SOON = 10;

function runs(call: Call, worker: PooledWorker): boolean {
  return worker.firstCall === call && worker.hasBegun(call) === true;
}

/** Kills the worker after a time, if it runs the job then. */
function watch(call: Call, worker: PooledWorker, time: number): void {
  if (time === Infinity) return;
  call.graceTimer = later(time, () => {
    if (call.state !== 'sent' || call.worker !== worker) return;
    if (runs(call, worker)) kill(call, worker);
    else watch(call, worker, SOON);
  });
}

function kill(call: Call, worker: PooledWorker): void {
  worker.kill();
  // Of a process nothing is left, whatever it runs. In a thread, native code ends when it returns to JavaScript.
  if (worker.kind === 'process' || warnings.has(worker) || call.settings.grace === Infinity) return;
  warnings.set(
    worker,
    later(Math.max(call.settings.grace, LEAST_PATIENCE), () => {
      call.stuck = true;
      process.emitWarning(
        `${worker.name} has been killed, but ${call.reference.name} is in native code, which no thread can be ended in; ` +
          "its caller waits. Use kind: 'process' for such functions",
        'TercetParallel',
      );
    }),
  );
}

/** Milliseconds that a kill may take by itself, on a busy machine. */
const LEAST_PATIENCE = 500;

function later(milliseconds: number, fn: () => void): ReturnType<typeof setTimeout> {
  return runOutside(() => setTimeout(fn, Math.min(milliseconds, 2 ** 31 - 1)));
}
