// Bundles a program with workers, whose jobs are a second entry, with each bundler that the README of @tercet/parallel
// mentions: once with the packages left outside, and once with them in the bundle. Also runs the program without a bundler.
// The packages are those that would be published. It uses the Node of this process, or those that are named:
//   npm run test:bundlers -- node20 node22 node24
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeProject, pack } from '../npm-project.mjs';
import { node } from '../release/command.mjs';
import { installed } from '../runtimes/install.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixture = join(root, 'packages/parallel/test/programs/bundled');
const expected = readFileSync(join(fixture, 'expected.txt'), 'utf8');
const packages = ['core', 'context', 'sync', 'parallel'];
const dependencies = ['esbuild@0.28.2', 'vite@8.4.0', 'webpack@5.113.0', 'esbuild-loader@4.5.0', 'tsx@4.23.15'];

const chosen = process.argv.length > 2 ? process.argv.slice(2) : [`node${process.versions.node.split('.')[0]}`];
const runtimes = chosen.map((name) => installed(name));

const work = mkdtempSync(join(tmpdir(), 'tercet-bundlers-'));
try {
  await install();
  for (const bundler of ['esbuild', 'vite', 'webpack']) {
    for (const inside of [false, true]) {
      const out = `out-${bundler}${inside ? '-all' : ''}`;
      await node([`${bundler}.mjs`, out, String(inside)], { cwd: work });
      for (const runtime of runtimes) {
        check(runtime, [`${out}/main.js`], `${bundler}, packages ${inside ? 'in the bundle' : 'left outside'}`);
      }
    }
  }
  for (const runtime of runtimes) {
    check(runtime, ['--import', 'tsx', 'unbundled.ts'], 'tsx');
    if (stripsTypes(runtime)) check(runtime, ['unbundled.ts'], 'no bundler and no flags');
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Packs the packages, and installs them beside the bundlers. */
async function install() {
  const tarballs = await pack(packages, join(work, 'tarballs'));
  await makeProject(work, [...dependencies, ...tarballs], { type: 'module' });
  cpSync(fixture, work, { recursive: true });
  cpSync(new URL('fixtures', import.meta.url), work, { recursive: true });
  const main = readFileSync(join(work, 'main.ts'), 'utf8');
  writeFileSync(join(work, 'unbundled.ts'), main.replace("new URL('./jobs.js'", "new URL('./jobs.ts'"));
}

function stripsTypes({ kind, version }) {
  const [major, minor] = version.split('.').map(Number);
  return kind === 'node' && (major >= 24 || (major === 22 && minor >= 18));
}

function check({ name, version, file }, args, what) {
  const env = { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' };
  const { status, stdout, stderr } = spawnSync(file, args, { cwd: work, env, encoding: 'utf8', timeout: 300_000 });
  // An error shows the line that has thrown it, and a bundle may be a single long line.
  const errors = stderr.replaceAll(/.{300,}/g, (line) => `${line.slice(0, 300)}…`);
  const wanted = { status: 0, stdout: expected, errors: '' };
  assert.deepEqual({ status, stdout, errors }, wanted, `${what} under ${name}`);
  console.log(`${what}, under ${name} ${version}: runs`);
}
