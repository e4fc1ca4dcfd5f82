import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { sleep } from '@tercet/core';
import type { Executor, ExecutorStatistics, RemoteFunction } from '@tercet/parallel';
import { remote } from '@tercet/parallel';
import { Event } from '@tercet/sync';

type Jobs = Readonly<Record<string, RemoteFunction<any[], any>>>;

/** Plain JavaScript, which every Node can load. */
export const plain = remote(new URL('./jobs/plain.mjs', import.meta.url)) as Jobs;
export const tasks = remote(new URL('./jobs/tasks.mjs', import.meta.url)) as Jobs;

export const KINDS = ['thread', 'process'] as const;

/** Is set when a job has reported that it has begun. */
export function whenBegun(): { readonly begun: Event; readonly onProgress: () => void } {
  const begun = new Event();
  return { begun, onProgress: () => begun.set() };
}

/** Waits until the statistics say so. */
export async function until(workers: Executor, holds: (statistics: ExecutorStatistics) => boolean): Promise<void> {
  while (!holds(workers.statistics())) await sleep(5);
}

let folder: string | undefined;
let files = 0;
afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** The path of a file that does not exist yet: jobs wait for it, or make it. */
export function newFile(): string {
  folder ??= mkdtempSync(join(tmpdir(), 'tercet-parallel-'));
  return join(folder, `file-${files++}`);
}

/** Makes a file that a job waits for. */
export function make(file: string): void {
  writeFileSync(file, '');
}

/** Blocks this thread until a job has made a file. */
export function blockUntilMade(file: string): void {
  while (!existsSync(file));
}

/** Returns the reason with which a promise is rejected. */
export async function errorOf(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    (value) => {
      throw new Error(`resolved to ${String(value)}`);
    },
    (error: unknown) => error,
  );
}
