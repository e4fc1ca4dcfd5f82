// Prints what each entry point of the packages adds to a bundle: minified, and minified and gzipped, without the packages
// of Tercet it stands on and without Node. With `--json` it prints bytes, for test/bundle-size.test.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const packages = fileURLToPath(new URL('../packages', import.meta.url));
const sizes = [];
for (const folder of readdirSync(packages)) {
  const manifest = join(packages, folder, 'package.json');
  if (!existsSync(manifest)) continue;
  const { name, exports } = JSON.parse(readFileSync(manifest, 'utf8'));
  for (const [entry, target] of Object.entries(exports)) {
    if (target.default === undefined) continue;
    sizes.push({ entry: name + entry.slice(1), ...(await measure(join(packages, folder, target.default))) });
  }
}

if (process.argv.includes('--json')) {
  console.log(JSON.stringify(sizes));
} else {
  const row = (...cells) =>
    console.log(
      cells[0].padEnd(24) +
        cells
          .slice(1)
          .map((cell) => cell.padStart(12))
          .join(''),
    );
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(2)} kB`;
  row('entry point', 'minified', 'gzipped');
  for (const { entry, minified, gzipped } of sizes) row(entry, kilobytes(minified), kilobytes(gzipped));
}

async function measure(file) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    // The last one is loaded by whoever asks for a lock.
    external: ['node:*', '@tercet/*', 'fs-native-extensions'],
    legalComments: 'none',
  });
  const { contents } = outputFiles[0];
  return { minified: contents.length, gzipped: gzipSync(contents, { level: 9 }).length };
}
