import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@tercet/core/lowlevel';
import { Path } from '@tercet/fs';
import { testRun } from '@tercet/testing';

/**
 * Makes a test function that runs its body in a new run, with a folder that is removed afterwards. It fails if the run
 * leaves anything behind. Time is real, because that of the thread pool is.
 */
export function inFolder(body: (folder: Path) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tercet-fs-'));
    try {
      await testRun(() => body(new Path(folder)), { clock: () => new SystemClock() })();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** All values of an iterable. */
export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of iterable) values.push(value);
  return values;
}
