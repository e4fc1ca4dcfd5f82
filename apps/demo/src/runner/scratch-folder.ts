import { tmpdir } from 'node:os';
import { rethrowIfCancelled, shielded } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { openTemporaryDirectory, Path, type TemporaryDirectory } from '@tercet/fs';
import { hasEnded, owner } from '../owner/owner.ts';

// If jobd is killed, it cannot remove the folders that its jobs have shared. The next one does.

const prefix = 'jobd-';

/** Creates a folder for the jobs of a run to share. Only its user can open it. */
export function openScratchFolder(): Promise<TemporaryDirectory<Path>> {
  return openTemporaryDirectory({ prefix: `${prefix}${owner}-` });
}

/** Removes the folders of those that were killed. @param warn called with what cannot be removed. */
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

/** Other users may create a link with such a name, to have another folder removed. */
async function isOwn(folder: Path): Promise<boolean> {
  const stats = await folder.lstat();
  // On Windows files have no user ids, and each user has a folder for temporary files.
  return stats.isDirectory() && (process.getuid === undefined || stats.uid === process.getuid());
}

function isOrphaned(name: string): boolean {
  return name.startsWith(prefix) && hasEnded(name.slice(prefix.length));
}
