// The last lines of `npm test`: how many tests passed, per package and in all.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const projects = [
  ...['packages', 'apps'].flatMap((group) => readdirSync(root + group).map((name) => `${group}/${name}`)),
  'test',
];
const rows = rowsIn('.jest');
const total = (count) => rows.reduce((sum, row) => sum + row[count], 0);
rows.push({ project: 'all', passed: total('passed'), skipped: total('skipped') });
// These tests are among the others already.
for (const row of rowsIn('.jest/documented')) rows.push({ ...row, note: ' with TERCET_DOCUMENTED_ONLY=1' });

for (const { project, passed, skipped, note = '' } of rows) {
  const left = skipped === 0 ? '' : `, ${skipped} skipped`;
  console.log(`${project.padEnd(20)}${String(passed).padStart(6)} passed${left}${note}`);
}

function rowsIn(folder) {
  return projects
    .map((project) => [project, `${root}${project}/${folder}/results.json`])
    .filter(([, file]) => existsSync(file))
    .map(([project, file]) => ({ project, ...JSON.parse(readFileSync(file, 'utf8')) }));
}
