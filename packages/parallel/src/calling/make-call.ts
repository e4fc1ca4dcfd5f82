import { currentEffectiveDeadline, currentTime, shielded, sleepUntil, StateError } from '@tercet/core';
import { currentClock, suspend, SystemClock } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import { crossingValues } from '../boundary/crossing-values.ts';
import { decodeError } from '../boundary/decode-error.ts';
import { payloadOf } from '../boundary/payload.ts';
import type { Reference } from '../naming/remote-function.ts';
import { Call, ENDED_THERE, JobFailure } from '../pool/call.ts';
import type { CallHandlers, CallOutcome } from '../pool/call.ts';
import type { Pool } from '../pool/pool.ts';
import type { CallExtra } from '../protocol/messages.ts';
import { monotonicNow } from '../protocol/monotonic-now.ts';
import { callersPlace } from './callers-place.ts';
import type { CheckedCallOptions } from './call-settings.ts';

/** Makes a call of what the calling task has given, and of what it is surrounded by. */
export function prepareCall(
  reference: Reference,
  args: unknown[],
  options: CheckedCallOptions,
  special?: CallExtra,
  handlers?: CallHandlers,
): Call {
  const sent = args.some(isPartOfPool)
    ? args.map((argument) => (isPartOfPool(argument) ? copyOf(argument) : argument))
    : args;
  const payload = sent.some(isObject) ? payloadOf(sent) : undefined;
  const extra = extraOf(options, special);
  const buffers = payload?.buffers;
  const whole = buffers === undefined || buffers.length === 0 ? extra : { ...extra, buffers };
  return new Call(reference, sent, options, whole, payload?.transfers, handlers);
}

function extraOf(options: CheckedCallOptions, special: CallExtra | undefined): CallExtra | undefined {
  const extra: CallExtra = special ?? {};
  const deadline = options.onCancel === 'wait' ? Infinity : currentEffectiveDeadline();
  // A virtual clock's instants mean nothing in a worker, where time is real.
  if (deadline < Infinity && currentClock() instanceof SystemClock) {
    // The clocks are read in this order, so that time which is lost in between does not make the job end before its caller.
    const left = deadline - currentTime();
    extra.deadline = left + monotonicNow();
  }
  const context = crossingValues();
  if (context.length > 0) extra.context = context;
  return special !== undefined || extra.deadline !== undefined || extra.context !== undefined ? extra : undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

// A clone of a small buffer would take the whole pool along: memory of others.
function isPartOfPool(value: unknown): value is Buffer {
  return Buffer.isBuffer(value) && value.byteLength < value.buffer.byteLength;
}

function copyOf(buffer: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(buffer.byteLength);
  buffer.copy(copy);
  return copy;
}

/** Sends a call, and waits for its end. A checkpoint. One that has been asked to end before is not sent. */
export function waitForCall(pool: Pool, call: Call): Promise<unknown> {
  if (call.outcome !== undefined) return settled(call.outcome);
  return suspend<unknown>(call, (waker) => {
    call.waker = waker;
    pool.submit(call);
    return (raise) => {
      const outcome = pool.cancel(call, raise);
      if (outcome === 'failed') call.leave();
      return outcome;
    };
  });
}

/**
 * Waits on, after `waitForCall` has failed with `STILL_RUNS`: until the job has ended, however its caller is cancelled. A wait
 * of its own, because a cancelled one does not stand in the task tree any more.
 */
export function waitForEnd(call: Call): Promise<unknown> {
  return shielded(async () => {
    const { outcome } = call;
    return outcome === undefined ? suspend<unknown>(call, (waker) => waitOn(call, waker)) : settled(outcome);
  });
}

async function settled(outcome: CallOutcome): Promise<unknown> {
  if ('value' in outcome) return outcome.value;
  throw outcome.error;
}

function waitOn(call: Call, waker: Waker<unknown>): () => 'failed' {
  call.waker = waker;
  return () => 'failed';
}

/** Milliseconds by which the clocks of two threads, or their timers, may differ. */
const ABOUT_NOW = 100;

/**
 * The error for the caller. To be called after the await that failed: from there, the engine sees which functions wait.
 */
export async function errorOf(error: unknown, operation: string, call: Call): Promise<unknown> {
  if (error instanceof JobFailure) {
    return decodeError(error.encoded, `    in ${error.worker}, called from\n${callersPlace()}`);
  }
  if (error !== ENDED_THERE) return error;
  // The deadline has come, there first: here it is about to.
  const deadline = currentEffectiveDeadline();
  if (deadline - currentTime() < ABOUT_NOW) await sleepUntil(deadline);
  return new StateError(
    `${operation} of ${call.reference.name}: the job was ended by the deadline that its caller had when it was called, and ` +
      'which has been moved since',
  );
}
