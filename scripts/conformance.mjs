// Prints which behaviours of conformance/behaviours.json the tests show to hold, after having run them; what has not changed
// since the last time comes from the cache. With `--open`, only those that do not hold yet; with `--no-run`, what the last
// run has found.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const options = new Set(process.argv.slice(2));
const sections = readJson(`${root}conformance/behaviours.json`);

if (!options.has('--no-run')) {
  const turbo = `${root}scripts/turbo.mjs`;
  const tasks = ['run', 'test', 'test:repo', '--continue', '--output-logs=errors-only'];
  spawnSync(process.execPath, [turbo, ...tasks], { cwd: root, stdio: ['ignore', 2, 2] });
}
const tests = testsById();
const totals = { passes: 0, differs: 0, 'not yet': 0, FAILS: 0 };

for (const [section, behaviours] of Object.entries(sections)) {
  const rows = Object.entries(behaviours).map(([id, behaviour]) => rowOf(id, behaviour));
  for (const { state } of rows) totals[state]++;
  const shown = options.has('--open') ? rows.filter(({ state }) => state === 'not yet' || state === 'FAILS') : rows;
  if (shown.length > 0) console.log(`\n${section}`);
  for (const { id, state, title, files } of shown) {
    console.log(`  ${id.padEnd(8)} ${state.padEnd(8)} ${title}${files === '' ? '' : `  [${files}]`}`);
  }
}
for (const id of tests.keys()) console.log(`\n${id} is in the title of a test, but is not a listed behaviour`);
console.log(
  `\n${Object.entries(totals)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ')}`,
);
process.exitCode = totals.FAILS === 0 && tests.size === 0 ? 0 : 1;

function rowOf(id, behaviour) {
  const { title, differs } = typeof behaviour === 'string' ? { title: behaviour } : behaviour;
  const found = tests.get(id) ?? [];
  tests.delete(id);
  const text = differs === undefined ? title : `${title}; ours: ${differs}`;
  return {
    id,
    state: stateOf(found, differs),
    title: text,
    files: [...new Set(found.map(({ file }) => file))].join(' '),
  };
}

function stateOf(found, differs) {
  if (found.some(({ status }) => status === 'failed')) return 'FAILS';
  if (differs !== undefined) return 'differs';
  return found.some(({ status }) => status === 'passed') ? 'passes' : 'not yet';
}

function testsById() {
  const projects = ['packages', 'apps'].flatMap((group) => readdirSync(root + group).map((name) => `${group}/${name}`));
  const byId = new Map();
  for (const project of [...projects, 'test']) {
    const file = `${root}${project}/.jest/behaviours.json`;
    if (!existsSync(file)) continue;
    for (const test of readJson(file)) byId.set(test.id, [...(byId.get(test.id) ?? []), test]);
  }
  return byId;
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
