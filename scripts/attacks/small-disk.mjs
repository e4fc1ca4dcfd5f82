import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { NotTried } from './trial.mjs';
import { Victim } from './victim.mjs';

/** The words before a command for which a folder is a separate disk of 1 MiB. The disk is gone when the command ends. */
export function smallDiskAt(folder) {
  mkdirSync(folder, { recursive: true });
  const script = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"';
  const ways = [
    ['unshare', '-m'],
    ['unshare', '-rm'],
  ].map((words) => [...words, 'sh', '-c', script, folder]);
  const way = ways.find(([file, ...args]) => spawnSync(file, [...args, 'true'], { stdio: 'ignore' }).status === 0);
  if (way === undefined) throw new NotTried('this user may not mount a small disk');
  return way;
}

/** A victim that has such a disk in the folder `disk` of the attack. */
export function onSmallDisk(trial, name) {
  return Victim.start(name, { trial, prefix: smallDiskAt(join(trial.folder, 'disk')) });
}
