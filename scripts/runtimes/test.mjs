// Runs the tests of the packages that are made for every runtime under all of them, or under those that are named:
//   npm run test:runtimes -- node24 bun
import { installed, runtimes } from './install.mjs';
import { runSuite } from './suite.mjs';

const folders = ['core', 'context', 'sync', 'testing'];
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(runtimes);
const unknown = chosen.filter((name) => !(name in runtimes));
if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: choose from ${Object.keys(runtimes).join(', ')}`);

const rows = [['', ...folders]];
const failures = [];
for (const name of chosen) {
  const runtime = installed(name);
  const row = [`${name} ${runtime.version}`];
  for (const folder of folders) {
    const result = await runSuite(runtime, folder);
    row.push(result.failed ? `${result.passed} of ${result.total}` : `${result.passed} passed`);
    for (const failure of result.failures) failures.push(`${name}, ${failure}`);
    if (result.failed) process.exitCode = 1;
    process.stderr.write('.');
  }
  rows.push(row);
}
process.stderr.write('\n');

for (const failure of failures) console.log(`${failure}\n`);
for (const [first, ...cells] of rows) console.log(first.padEnd(18) + cells.map((cell) => cell.padStart(14)).join(''));
