import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { SystemClock } from '@tercet/core/lowlevel';
import { runProcess, type CompletedProcess, type RunProcessOptions } from '@tercet/proc';
import { testRun } from '@tercet/testing';
import { installJobd } from './installed-jobd.ts';

// Real programs take real time, and more of it on a machine that has other things to do.
jest.setTimeout(300_000);

/** The program that users start, made of the sources as they are now. */
export const program: string = installJobd();

/** A test of the real program: in real time, with a folder of its own. */
export function programTest(body: (folder: string) => Promise<void>): () => Promise<void> {
  return testRun(
    async () => {
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

/** Whether a process is there, and not only in the table. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // In a container without an init process, dead processes remain in the table.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
