import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

/**
 * Runs `npm ci` in a folder, unless its lock file and the `runtime` are those of the last time. The note of the last time lies
 * in node_modules, and so disappears together with it. Ends this process if npm fails.
 */
export function installLocked(folder, { runtime = '' } = {}) {
  const note = join(folder, 'node_modules', '.tercet-installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .update(runtime)
    .digest('hex');
  if (existsSync(note) && readFileSync(note, 'utf8') === wanted) return;
  const npm = process.env.npm_execpath;
  if (npm === undefined) throw new Error('npm is not known here; start this by `npm run`');
  const args = [npm, 'ci', '--ignore-scripts', '--loglevel=error'];
  const { status } = spawnSync(process.execPath, args, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(note, wanted);
}
