import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { rethrowIfCancelled, shielded } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { openTemporaryDirectory, Path, type TemporaryDirectory } from '@tercet/fs';

// A jobd that is killed cannot remove the folders that its jobs have shared, so the next one does. Their names say whose
// they are: where a process is known by its number (a machine; in Linux a namespace, as containers have), the number, and
// when it began, because numbers are used again. Folders of other places are left alone: their owner may be alive there.

const place = createHash('sha256').update(`${hostname()} ${namespace()}`).digest('hex').slice(0, 8);
const pattern = /^jobd-([\da-f]{8})-(\d+)-(\d+)-/;
const unknown = 0;

/** A folder for what the jobs of a run pass on to each other. Only its user can look into it. */
export function openScratchFolder(): Promise<TemporaryDirectory<Path>> {
  return openTemporaryDirectory({ prefix: `jobd-${place}-${process.pid}-${startOf(process.pid) ?? unknown}-` });
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
  const [, where, pid, began] = pattern.exec(name) ?? [];
  if (where !== place) return false;
  const start = startOf(Number(pid));
  if (start === undefined) return true;
  return start !== unknown && Number(began) !== unknown && start !== Number(began);
}

/** When a process began, in ticks since the machine did, if that can be known; `undefined` when there is no such process. */
function startOf(pid: number): number | undefined {
  if (!isThere(pid)) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program is in parentheses, and may contain anything. Behind it are numbers; this is field 22 of proc(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    // No Linux, or it hides other users' processes.
    return unknown;
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
