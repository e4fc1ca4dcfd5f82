// npm run bench [-- name…] [-- --only=text] [-- --update-docs]: runs the benchmarks of that name (a file beside this one),
// by default those of the core; with --update-docs what they print becomes docs/benchmarks/<name>.md, together with --only
// it replaces the rows there that it is about.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const BENCHMARKS = ['core', 'runtimes', 'net', 'http', 'fs', 'proc', 'pipeline', 'parallel', 'engine'];
const root = fileURLToPath(new URL('..', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, 'update-docs': { type: 'boolean', default: false } },
});
const names = positionals.length > 0 ? positionals : ['core'];
for (const name of names) {
  if (BENCHMARKS.includes(name) && existsSync(`${root}bench/${name}.mjs`)) continue;
  console.error(`There is no benchmark ${name}; there are: ${BENCHMARKS.join(', ')}`);
  process.exit(2);
}
if (!existsSync(`${root}packages/core/dist`)) {
  console.error('The packages are not built; run: npm run setup');
  process.exit(2);
}

for (const name of names) {
  const lines = [];
  const log = (line) => {
    console.log(line);
    lines.push(line);
  };
  log(describeMachine());
  const { default: bench } = await import(`./${name}.mjs`);
  const pictures = await bench({ log, only: values.only });
  if (!values['update-docs']) continue;
  if (values.only === undefined) writeDocs(name, lines, pictures?.chart);
  else replaceRows(name, lines);
}
// Benchmarks of timeouts leave timers of other libraries behind.
process.exit();

function describeMachine() {
  const versions = ['effection', 'effect', 'execa', 'rxjs', 'p-map', 'fastify']
    .map((name) => `${name} ${JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, 'utf8')).version}`)
    .join(', ');
  const machine = `${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model.trim()}`;
  return `Node ${process.versions.node}, ${machine}, ${new Date().toISOString().slice(0, 10)}; ${versions}`;
}

function writeDocs(name, lines, chart) {
  const folder = `${root}docs/benchmarks`;
  mkdirSync(folder, { recursive: true });
  const head = `# Benchmarks: ${name}\n\nWritten by \`npm run bench -- ${name} --update-docs\`. Times drift with the machine: compare within a row.\n\n`;
  if (chart !== undefined) writeFileSync(`${folder}/${name}.svg`, chart);
  const picture = chart === undefined ? '' : `![The results as bars](${name}.svg)\n\n`;
  writeFileSync(`${folder}/${name}.md`, `${head}${picture}${lines.join('\n')}\n`);
}

/** Puts rows in the place of those of the same name, and new ones at the end of the table. */
function replaceRows(name, lines) {
  const file = `${root}docs/benchmarks/${name}.md`;
  const nameOf = (line) => line.split('|')[1]?.trim();
  const fresh = lines.filter((line) => line.startsWith('|')).slice(2);
  let kept = readFileSync(file, 'utf8').trimEnd().split('\n');
  for (const workload of new Set(fresh.map(nameOf))) {
    const isOld = (line) => nameOf(line) === workload;
    const index = kept.findIndex(isOld);
    const before = index < 0 ? kept : kept.slice(0, index);
    const after = index < 0 ? [] : kept.slice(index).filter((line) => !isOld(line));
    kept = [...before, ...fresh.filter(isOld), ...after];
  }
  // The machine, and the day.
  const head = kept.findIndex((line) => line.startsWith('Node '));
  if (head >= 0) kept[head] = lines[0];
  writeFileSync(file, `${kept.join('\n')}\n`);
}
