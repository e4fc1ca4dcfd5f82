import { moveOnAfter, sleep, type Cancelled } from '@tercet/core';
import type { CapacityLimiter } from '@tercet/sync';
import type { Job } from '../job-file/job-file.ts';
import type { Report } from './job-event.ts';
import { formatDuration } from '../text/format-duration.ts';
import type { Attempt } from './attempt.ts';
import { backOff } from './back-off.ts';
import { cancellationIn } from './cancellation-in.ts';
import { describeFailure } from './describe-failure.ts';
import type { EndStatus, JobState } from './job-state.ts';

/** What all jobs of a run share. */
export interface RunnerParts {
  readonly attempt: Attempt;
  readonly report: Report;
  /** Each attempt holds a token of each; a job that waits, for others or to try again, holds none. */
  readonly limiters: readonly CapacityLimiter[];
}

/** The life of a job: waits for what it needs, runs, is tried again, and says in `state` how it went. */
export async function runJob(state: JobState, needs: readonly JobState[], parts: RunnerParts): Promise<void> {
  try {
    for (const need of needs) await need.ended.wait();
    const unmet = needs.find(({ status }) => status !== 'succeeded');
    if (unmet === undefined) await tryUntilItSucceeds(state, parts);
    else state.end('skipped', `needs ${unmet.job.name}`);
  } catch (error) {
    // Whoever needs this job must not wait for ever, whatever ends it. The error goes on.
    const cancelled = cancellationIn(error);
    if (cancelled === undefined) state.end('failed', describeFailure(error));
    else state.end('cancelled', causeOf(cancelled));
    throw error;
  } finally {
    parts.report({ kind: 'ended', state });
  }
}

function causeOf({ source, reason }: Cancelled): string {
  return source === 'deadline' ? 'the time of the whole run was up' : (reason ?? source);
}

async function tryUntilItSucceeds(state: JobState, parts: RunnerParts): Promise<void> {
  const { retry } = state.job;
  for (;;) {
    const { status, reason } = await holding(parts.limiters, () => attemptOnce(state, parts));
    if (status === 'succeeded' || state.attempts > retry.times) return state.end(status, reason);
    const delay = backOff(retry, state.attempts);
    parts.report({ kind: 'retrying', reason: reason ?? status, delay });
    await sleep(delay);
  }
}

async function holding<T>(limiters: readonly CapacityLimiter[], body: () => Promise<T>): Promise<T> {
  const [first, ...others] = limiters;
  return first === undefined ? body() : first.run(() => holding(others, body));
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
