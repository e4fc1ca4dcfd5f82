import { tmpdir } from 'node:os';
import { rethrowIfCancelled, shielded } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { openTemporaryDirectory, Path, type TemporaryDirectory } from '@tercet/fs';
import { hasEnded, owner } from '../owner/owner.ts';

// A jobd that is killed cannot remove the folders that its jobs have shared, so the next one does.

const prefix = 'jobd-';

/** A folder for what the jobs of a run pass on to each other. Only its user can look into it. */
export function openScratchFolder(): Promise<TemporaryDirectory<Path>> {
  return openTemporaryDirectory({ prefix: `${prefix}${owner}-` });
}

/** Removes those whose owner has ended without doing it. @param warn is told what cannot be removed. */
export async function removeOrphanedScratch(warn: (folder: string, reason: string) => void): Promise<void> {
  const parent = new Path(tmpdir());
  await warned(parent, async () => {
    for await (const folder of parent.iterdir())
      if (isOrphaned(folder.name)) await warned(folder, () => remove(folder));
  });

  async function warned(folder: Path, body: () => Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      rethrowIfCancelled(error);
      warn(folder.toString(), describeError(error));
    }
  }
}

async function remove(folder: Path): Promise<void> {
  if (await isOwn(folder)) await shielded(() => folder.remove({ recursive: true, missingOk: true }));
}

/** Others may make anything with such a name there, and lead whoever removes it to where they cannot go themselves. */
async function isOwn(folder: Path): Promise<boolean> {
  const stats = await folder.lstat();
  return stats.isDirectory() && stats.uid === process.getuid?.();
}

function isOrphaned(name: string): boolean {
  return name.startsWith(prefix) && hasEnded(name.slice(prefix.length));
}
