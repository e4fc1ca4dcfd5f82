import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@tercet/core';
import { Path } from '@tercet/fs';

/** Makes a test function that runs its body in a run of its own, with a folder that is removed afterwards. */
export function inFolder(body: (folder: Path) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tercet-fs-'));
    try {
      await run(() => body(new Path(folder)));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** All that an iterable gives. */
export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of iterable) values.push(value);
  return values;
}
