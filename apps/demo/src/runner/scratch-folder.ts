import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { shielded } from '@tercet/core';
import { Path } from '@tercet/fs';

/** Gives the body a new folder of its own, which is gone afterwards. */
export async function withScratchFolder<T>(body: (path: string) => Promise<T>): Promise<T> {
  const folder = new Path(tmpdir(), `jobd-${randomUUID()}`);
  await folder.mkdir({ mode: 0o700 });
  try {
    return await body(folder.toString());
  } finally {
    await shielded(() => folder.remove({ recursive: true }));
  }
}
