// The last lines of `npm test`: how many tests passed, per package and in all.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const projects = [
  ...['packages', 'apps'].flatMap((group) => readdirSync(root + group).map((name) => `${group}/${name}`)),
  'test',
];
const rows = projects
  .map((project) => [project, `${root}${project}/.jest/results.json`])
  .filter(([, file]) => existsSync(file))
  .map(([project, file]) => ({ project, ...JSON.parse(readFileSync(file, 'utf8')) }));
const total = (count) => rows.reduce((sum, row) => sum + row[count], 0);
rows.push({ project: 'all', passed: total('passed'), skipped: total('skipped') });

for (const { project, passed, skipped } of rows) {
  const note = skipped === 0 ? '' : `, ${skipped} skipped`;
  console.log(`${project.padEnd(20)}${String(passed).padStart(6)} passed${note}`);
}
