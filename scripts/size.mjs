// Prints what each entry point of the packages adds to a bundle: minified, and minified and gzipped, without Node and
// without the packages of Tercet that it depends on. Code that a dynamic `import()` loads has a column of its own. A row
// below an entry point shows what a program that imports only these names adds, since bundlers drop what is not used. With
// `--json` it prints bytes, for test/bundle-size.test.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Leaves what a dynamic `import()` loads out of the bundle. */
const leavingOut = {
  name: 'leaving out what is loaded on demand',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined));
  },
};

/** Small programs, by entry point: the names that they import. */
const programs = { '@tercet/core': ['run', 'openNursery', 'sleep'] };

const packages = fileURLToPath(new URL('../packages', import.meta.url));
const sizes = [];
for (const folder of readdirSync(packages)) {
  const manifest = join(packages, folder, 'package.json');
  if (!existsSync(manifest)) continue;
  const { name, exports } = JSON.parse(readFileSync(manifest, 'utf8'));
  for (const [entry, target] of Object.entries(exports)) {
    if (target.default === undefined) continue;
    const file = join(packages, folder, target.default);
    sizes.push({ entry: name + entry.slice(1), ...(await measure({ entryPoints: [file] })) });
    const names = programs[name + entry.slice(1)];
    if (names === undefined) continue;
    const contents = `export { ${names.join(', ')} } from ${JSON.stringify(file)};`;
    const program = { stdin: { contents, resolveDir: packages } };
    sizes.push({ entry: `${name + entry.slice(1)}: ${names.join(', ')}`, ...(await measure(program)) });
  }
}

if (process.argv.includes('--json')) {
  console.log(JSON.stringify(sizes));
} else {
  const row = (...cells) =>
    console.log(
      cells[0].padEnd(40) +
        cells
          .slice(1)
          .map((cell) => cell.padStart(20))
          .join(''),
    );
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(2)} kB`;
  row('entry point', 'minified', 'gzipped', 'on demand, gzipped');
  for (const { entry, minified, gzipped, onDemand } of sizes) {
    row(entry, kilobytes(minified), kilobytes(gzipped), onDemand === 0 ? '' : kilobytes(onDemand));
  }
}

/** All that is loaded at once, in one file: what most bundlers make of it. */
async function measure(input) {
  const { outputFiles } = await bundle(input, { plugins: [leavingOut] });
  const { contents } = outputFiles[0];
  return { minified: contents.length, gzipped: gzippedSize(contents), onDemand: await measureOnDemand(input) };
}

/** As the metafile names it. */
function pathOf({ path }) {
  return relative('.', path).replaceAll(sep, '/');
}

/** The files that no static import leads to. */
async function measureOnDemand(input) {
  const { outputFiles, metafile } = await bundle(input, { splitting: true });
  const loaded = new Set([pathOf(outputFiles[0])]);
  for (const path of loaded) {
    for (const { path: imported, kind } of metafile.outputs[path].imports) {
      if (kind === 'import-statement' && imported in metafile.outputs) loaded.add(imported);
    }
  }
  const others = outputFiles.filter(({ path }) => !loaded.has(pathOf({ path })));
  return others.reduce((sum, { contents }) => sum + gzippedSize(contents), 0);
}

function bundle(input, options) {
  return build({
    ...input,
    bundle: true,
    minify: true,
    metafile: true,
    write: false,
    outdir: 'out',
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    // The last one is loaded by the first call that takes a lock on a file.
    external: ['node:*', '@tercet/*', 'fs-native-extensions'],
    legalComments: 'none',
    ...options,
  });
}

function gzippedSize(contents) {
  return gzipSync(contents, { level: 9 }).length;
}
