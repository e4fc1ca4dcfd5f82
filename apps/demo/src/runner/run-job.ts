import { moveOnAfter, sleep, untilShutdown, type Cancelled } from '@tercet/core';
import type { CapacityLimiter } from '@tercet/sync';
import type { Job } from '../job-file/job-file.ts';
import type { Report } from './job-event.ts';
import { formatDuration } from '../text/format-duration.ts';
import type { Attempt } from './attempt.ts';
import { backOff } from './back-off.ts';
import { cancellationIn } from './cancellation-in.ts';
import { describeFailure } from './describe-failure.ts';
import type { EndStatus, JobState } from './job-state.ts';
import { Places } from './places.ts';

/** Things that all jobs of a run share. */
export interface RunnerParts {
  readonly attempt: Attempt;
  readonly report: Report;
  /** Each attempt holds a token of each. A job that waits, for others or for its next attempt, holds none. */
  readonly limiters: readonly CapacityLimiter[];
}

/** The life of a job: waits for its turn, runs, is tried again, and records in `state` how it went. */
export async function runJob(state: JobState, needs: readonly JobState[], parts: RunnerParts): Promise<void> {
  const places = new Places(parts.limiters);
  try {
    // A shutdown ends the wait. A job that has begun goes on, until it is cancelled.
    const turn = await untilShutdown(() => waitForTurn(needs, places));
    if (turn === undefined) state.end('cancelled', 'jobd is stopping');
    else if (turn.unmet !== undefined) state.end('skipped', `needs ${turn.unmet.job.name}`);
    else await tryUntilItSucceeds(state, places, parts);
  } catch (error) {
    // Jobs that need this one must not wait for ever, however it ends. The error goes on.
    const cancelled = cancellationIn(error);
    if (cancelled === undefined) state.end('failed', describeFailure(error));
    else state.end('cancelled', causeOf(cancelled));
    throw error;
  } finally {
    places.leave();
    parts.report({ kind: 'ended', state });
  }
}

/** Waits until the needed jobs have ended, then for a place. @returns a needed job that has not succeeded, if there is one. */
async function waitForTurn(
  needs: readonly JobState[],
  places: Places,
): Promise<{ readonly unmet: JobState | undefined }> {
  for (const need of needs) await need.ended.wait();
  const unmet = needs.find(({ status }) => status !== 'succeeded');
  if (unmet === undefined) await places.take();
  return { unmet };
}

function causeOf({ source, reason }: Cancelled): string {
  return source === 'deadline' ? 'the time of the whole run was up' : (reason ?? source);
}

/** Begins with its places taken. They are free while it waits to be tried again. */
async function tryUntilItSucceeds(state: JobState, places: Places, parts: RunnerParts): Promise<void> {
  const { retry } = state.job;
  for (;;) {
    const { status, reason } = await attemptOnce(state, parts);
    if (status === 'succeeded' || state.attempts > retry.times) return state.end(status, reason);
    places.leave();
    const delay = backOff(retry, state.attempts);
    parts.report({ kind: 'retrying', reason: reason ?? status, delay });
    await sleep(delay);
    await places.take();
  }
}

async function attemptOnce(
  state: JobState,
  { attempt, report }: RunnerParts,
): Promise<{ readonly status: EndStatus; readonly reason?: string }> {
  const { job } = state;
  const number = state.beginAttempt();
  report({ kind: 'started', attempt: number, attempts: attemptsOf(job) });
  // When the time is up the attempt is cancelled: its processes have ended by the time this returns.
  const result = await moveOnAfter(job.timeout, () => attempt(job, number));
  if (result === undefined) return { status: 'timed out', reason: `took longer than ${formatDuration(job.timeout)}` };
  return result.succeeded ? { status: 'succeeded' } : { status: 'failed', reason: result.reason };
}

function attemptsOf({ retry }: Job): number {
  return retry.times + 1;
}
