// Runs the tests of the packages that are made for every runtime under all of them, or under those that are named:
//   npm run test:runtimes -- node24 bun
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installed, runtimes } from './install.mjs';
import { runSuite } from './suite.mjs';
import { runInWorkerd } from './workerd.mjs';

const folders = ['core', 'context', 'sync', 'testing'];
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(runtimes);
const unknown = chosen.filter((name) => !(name in runtimes));
if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: choose from ${Object.keys(runtimes).join(', ')}`);

// workerd gets the packages as they are built.
if (chosen.includes('workerd')) {
  const build = ['run', 'build', '--filter=@tercet/sync', '--filter=@tercet/context'];
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL('../turbo.mjs', import.meta.url)), ...build]);
  if (status !== 0) throw new Error('the packages could not be built; see what `npm run build` says');
}

const rows = [['', ...folders]];
const failures = [];
let known = 0;
for (const name of chosen) {
  const runtime = installed(name);
  const row = [`${name} ${runtime.version}`];
  if (runtime.kind === 'workerd') {
    const results = await runInWorkerd(runtime);
    for (const folder of folders) {
      const { total, failures: failed } = results[folder] ?? { total: 0, failures: [] };
      row.push(total === 0 ? '' : `${total - failed.length} of ${total}`);
      for (const failure of failed) failures.push(`${name}, ${folder}: ${failure}`);
      if (failed.length > 0) process.exitCode = 1;
    }
    rows.push(row);
    continue;
  }
  for (const folder of folders) {
    const result = await runSuite(runtime, folder);
    row.push(result.passed < result.total ? `${result.passed} of ${result.total}` : `${result.passed} passed`);
    known += result.known;
    for (const failure of result.failures) failures.push(`${name}, ${failure}`);
    if (result.failed) process.exitCode = 1;
    process.stderr.write('.');
  }
  rows.push(row);
}
process.stderr.write('\n');

for (const failure of failures) console.log(`${failure}\n`);
for (const [first, ...cells] of rows) console.log(first.padEnd(18) + cells.map((cell) => cell.padStart(14)).join(''));
if (known > 0)
  console.log(`\nKnown to fail: ${known} tests; the reasons are in scripts/runtimes/known-differences.mjs`);
