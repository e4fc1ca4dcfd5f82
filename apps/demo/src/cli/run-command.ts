import { resolve } from 'node:path';
import { currentTime, once, openNursery } from '@tercet/core';
import { openFile, Path } from '@tercet/fs';
import { loadJobFile } from '../job-file/load-job-file.ts';
import { privateFolder } from '../logs/log-file.ts';
import { LogFolder } from '../logs/log-folder.ts';
import { chooseDisplay } from '../report/choose-display.ts';
import type { Display } from '../report/display.ts';
import type { Attempt } from '../runner/attempt.ts';
import { jobAttempt } from '../runner/job-attempt.ts';
import { JobRun } from '../runner/run-jobs.ts';
import { openScratchFolder, removeOrphanedScratch } from '../runner/scratch-folder.ts';
import type { RunCommandOptions } from './program.ts';

/** `jobd run FILE`. @returns 0 when all jobs have succeeded, 1 when not. */
export async function run(path: string, only: readonly string[], options: RunCommandOptions): Promise<number> {
  const file = await loadJobFile(path, { only, concurrency: options.concurrency });
  const logs = await LogFolder.open(options.logs === undefined ? await usualLogs(path) : new Path(options.logs));
  await logs.forget(file.jobs.keys());
  // A folder that cannot be removed must not fail these jobs.
  await removeOrphanedScratch(() => undefined);
  const display = chooseDisplay(process.stdout, options);
  const jobs = new JobRun(file);
  const begin = currentTime();
  try {
    await using scratch = await openScratchFolder();
    const attempt = jobAttempt({ logs, report: display.report, scratch: scratch.path.toString() });
    return await runShown(jobs, display, attempt, options.failFast);
  } finally {
    // After Ctrl-C as well: it shows how far the jobs have come.
    const duration = currentTime() - begin;
    display.summarize({ states: [...jobs.states.values()], duration, logs: logs.path.toString() });
  }
}

async function runShown(jobs: JobRun, display: Display, attempt: Attempt, failFast = false): Promise<number> {
  let exitCode = 1;
  await openNursery(async (nursery) => {
    // Services end when the jobs have ended.
    nursery.startService(display.animate);
    nursery.startService(async () => {
      // `main` keeps the error from ending this process, and cancels all of this at Ctrl-C.
      await once(process.stdout, 'error');
      exitCode = 141;
      nursery.cancelScope.cancel('nobody reads the output');
    });
    await jobs.run({ attempt, report: display.report, failFast });
    if (jobs.succeeded) exitCode = 0;
  });
  return exitCode;
}

/** Beside the job file, so that they are in the same place wherever jobd is called. Git ignores them. */
async function usualLogs(path: string): Promise<Path> {
  const folder = new Path(resolve(path)).parent.join('.jobd');
  await folder.mkdir({ parents: true, existOk: true, mode: privateFolder });
  await ignoreInGit(folder);
  return folder.join(new Path(path).stem);
}

/** Leaves a file that exists as it is: it may be a link that leads elsewhere. */
async function ignoreInGit(folder: Path): Promise<void> {
  try {
    await using file = await openFile(folder.join('.gitignore'), 'x');
    await file.write('*\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
