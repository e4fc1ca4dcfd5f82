import { openNursery } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { rejectIfCancelled } from '@tercet/core/lowlevel';
import { adoptChild } from '../process/process.ts';
import type { Process } from '../process/process.ts';
import { spawnChild } from '../process/spawn.ts';
import { CalledProcessError } from './called-process-error.ts';
import { Capture } from './capture.ts';
import { CompletedProcess } from './completed-process.ts';
import { endGroup, endProcess, terminateThenKill } from './end-process.ts';
import { planRun } from './run-options.ts';
import type { RunPlan, RunProcessOptions } from './run-options.ts';

/**
 * Runs a program, and waits until it has ended.
 *
 * Without options it reads nothing, and writes to where this program writes. It never outlives the call: when the
 * surrounding scope is cancelled it gets SIGTERM, after `gracePeriod` SIGKILL, and the call returns when it has ended.
 *
 * A checkpoint. Nothing is started when the scope is cancelled already.
 *
 * @param file the program: a path, or a name that is looked up in `PATH`.
 * @throws {CalledProcessError} when it failed; not with `check: false`.
 * @throws {TypeError} or {RangeError} when an argument is wrong: nothing has been started then.
 * @throws the system's error when it cannot be started: `code` is `'ENOENT'` when there is no such program or folder.
 * @throws {ExceptionGroup} with what `deliverCancel` throws.
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {StateError} outside of a run.
 * @example
 * const { stdoutText } = await runProcess('git', ['rev-parse', 'HEAD'], { captureStdout: true });
 */
export async function runProcess(
  file: string,
  args: readonly string[] = [],
  options: RunProcessOptions = {},
): Promise<CompletedProcess> {
  const plan = planRun(file, args, options);
  const cancelled = rejectIfCancelled('runProcess()');
  if (cancelled !== undefined) return await cancelled;
  // Between the start and the `try` that answers for the process nothing can come in: no checkpoint stands there.
  const child = await spawnChild(plan.spawn, plan.stdio);
  const process = adoptChild(child, plan.command, plan.spawn.leadsGroup);
  if (plan.input !== undefined) {
    // A process that ends, or closes its input, without having read all of it has its reasons.
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(plan.input);
  }
  const stdout = plan.captureStdout ? new Capture(child.stdout!) : undefined;
  const stderr = plan.captureStderr ? new Capture(child.stderr!) : undefined;
  try {
    await openNursery(async (nursery) => {
      await attend(process, nursery, plan, async () => {
        options.taskStatus?.started(process);
        await process.wait();
        if (plan.spawn.leadsGroup) await endGroup(process, plan.gracePeriod);
        await stdout?.end();
        await stderr?.end();
      });
    });
  } finally {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
  const done = new CompletedProcess(plan.command, process, stdout?.bytes(), stderr?.bytes());
  if (plan.check && done.exitCode !== 0) throw new CalledProcessError(done);
  return done;
}

/** However `body` ends: when this returns the process has ended. */
async function attend(process: Process, nursery: Nursery, plan: RunPlan, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    await endProcess(process, nursery, plan.deliverCancel ?? (() => terminateThenKill(process, plan.gracePeriod)));
    if (plan.spawn.leadsGroup) await endGroup(process, plan.gracePeriod);
    throw error;
  }
}
