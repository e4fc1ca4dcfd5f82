// Runs `npm ci` when the lock file or the runtime is not the one of the last time, and otherwise does nothing.
// The note of the last time lies in node_modules, and so disappears together with it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const note = `${root}node_modules/.tercet-installed`;
const wanted = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .update([process.platform, process.arch, process.versions.modules].join())
  .digest('hex');

if (!existsSync(note) || readFileSync(note, 'utf8') !== wanted) {
  const npm = process.env.npm_execpath;
  if (npm === undefined) throw new Error('npm is not known here; start this as `npm run setup`');
  // changesets asks for a newer Node than 20, which scripts/changeset.mjs makes good: hence no warnings.
  const { status } = spawnSync(process.execPath, [npm, 'ci', '--ignore-scripts', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(note, wanted);
}
