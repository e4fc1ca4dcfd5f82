// Joins the modules that tsc has written into one file for each entry point of the current package, and one for what they
// share. Node takes some 0.3 ms and 10 kB of heap for each module: a package of sixty took seven times as long to load
// (benchmark `core`, import), and every collection of garbage had to pass over them. The declarations stay as they are.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { mendBundle } from './mend-bundle.mjs';

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const entryPoints = Object.values(exports).flatMap((target) => target.default ?? []);

const { outputFiles } = await build({
  entryPoints,
  outdir: 'dist',
  outbase: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'shared-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  packages: 'external',
  sourcemap: true,
  // The packages bring their sources along.
  sourcesContent: false,
  write: false,
});

for (const file of readdirSync('dist', { recursive: true })) {
  if (/\.js(\.map)?$/.test(file)) rmSync(join('dist', file));
}
for (const { path, contents, text } of outputFiles) {
  writeFileSync(path, path.endsWith('.js') ? mendBundle(text) : contents);
}
console.log(
  outputFiles
    .map(({ path }) => relative('.', path))
    .filter((path) => path.endsWith('.js'))
    .join(' '),
);
