// npm run bench [-- name…]: runs the benchmarks of that name (a file beside this one), by default those of the core.
import { existsSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const infrastructure = new Set(['run.mjs', 'measure.mjs']);
const available = readdirSync(here)
  .filter((file) => file.endsWith('.mjs') && !infrastructure.has(file))
  .map((file) => file.slice(0, -'.mjs'.length));

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
for (const name of names) {
  if (available.includes(name)) continue;
  console.error(`There is no benchmark ${name}; there are: ${available.join(', ')}`);
  process.exit(2);
}
if (!existsSync(`${here}../packages/core/dist`)) {
  console.error('The packages are not built; run: npm run setup');
  process.exit(2);
}

console.log(
  `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model.trim()}`,
);
for (const name of names.length > 0 ? names : ['core']) {
  const { default: bench } = await import(`./${name}.mjs`);
  await bench({ log: console.log });
}
