// The documentation site: `npm run docs` builds and serves it, `npm run docs:check` checks it. Astro needs a newer Node than
// the packages, so the site is a separate workspace. If this Node is too old, the script says so and fetches a newer one.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installLocked } from './npm-ci.mjs';
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
installLocked(docs);

// From Node 24 on, types in the scripts are stripped without a word.
const flags = isNew && major < 24 ? ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'] : [];
execute(isNew ? process.execPath : installed('node24').file, [...flags, `scripts/${script}`, ...options]);

function execute(file, args) {
  const { status } = spawnSync(file, args, { cwd: docs, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
