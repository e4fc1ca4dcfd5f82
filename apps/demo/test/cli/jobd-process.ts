import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemClock } from '@tercet/core/lowlevel';
import { runProcess, type CompletedProcess, type RunProcessOptions } from '@tercet/proc';
import { testRun } from '@tercet/testing';

/** What users start: the build. */
export const program: string = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** A test of the real program: in real time, with a folder of its own. */
export function programTest(body: (folder: string) => Promise<void>): () => Promise<void> {
  return testRun(
    async () => {
      if (!existsSync(program)) throw new Error(`${program} is missing; npm run build makes it`);
      const folder = mkdtempSync(join(tmpdir(), 'jobd-test-'));
      try {
        await body(folder);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    { clock: () => new SystemClock() },
  );
}

export function callJobd(args: readonly string[], options: RunProcessOptions = {}): Promise<CompletedProcess> {
  return runProcess(process.execPath, [program, ...args], {
    captureStdout: true,
    captureStderr: true,
    check: false,
    ...options,
  });
}

/** @returns the path of the job file. */
export function writeJobFile(folder: string, jobs: object, name = 'jobs.json'): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(jobs, undefined, 2));
  return path;
}
