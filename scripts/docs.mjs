// The documentation site: `npm run docs` builds and serves it, `npm run docs:check` checks it. Astro needs a newer Node than
// the packages, so the site is a workspace of its own. Where this Node is too old, a newer one is fetched, and it says so.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installed } from './runtimes/install.mjs';

const docs = fileURLToPath(new URL('../docs/', import.meta.url));
const [script = 'build.ts', ...options] = process.argv.slice(2);

const [major, minor] = process.versions.node.split('.').map(Number);
const isNew = major > 22 || (major === 22 && minor >= 12);
if (!isNew) {
  console.log(
    `The documentation site needs Node 22.12 or newer, and this is Node ${process.versions.node}. ` +
      'The packages do not. For the site, Node 24 is used: it lies in .runtimes, and is fetched from npm the first time.',
  );
}
const note = `${docs}node_modules/.tercet-installed`;
const wanted = createHash('sha256')
  .update(readFileSync(`${docs}package-lock.json`))
  .digest('hex');
if (!existsSync(note) || readFileSync(note, 'utf8') !== wanted) {
  const npm = process.env.npm_execpath;
  if (npm === undefined) throw new Error('npm is not known here; start this as `npm run docs`');
  execute(process.execPath, [npm, 'ci', '--ignore-scripts', '--loglevel=error']);
  writeFileSync(note, wanted);
}

// From Node 24 on, types in the scripts are stripped without a word.
const flags = isNew && major < 24 ? ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'] : [];
execute(isNew ? process.execPath : installed('node24').file, [...flags, `scripts/${script}`, ...options]);

function execute(file, args) {
  const { status } = spawnSync(file, args, { cwd: docs, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
