// Bundles `use.mjs` of the current folder into another folder: `bundle.mjs BUNDLER FOLDER`. It is copied beside the bundlers.
import { join } from 'node:path';

const [bundler, out] = process.argv.slice(2);
const entry = join(process.cwd(), 'use.mjs');
const bundlers = { esbuild: withEsbuild, webpack: withWebpack, vite: withVite };
await bundlers[bundler]();

async function withEsbuild() {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'node',
    outdir: out,
    outExtension: { '.js': '.mjs' },
  });
}

async function withWebpack() {
  const { default: webpack } = await import('webpack');
  const compiler = webpack({
    mode: 'production',
    // Minifying would only take time.
    optimization: { minimize: false },
    target: 'node20',
    entry: { use: entry },
    experiments: { outputModule: true },
    output: { path: out, filename: '[name].mjs', module: true, chunkFormat: 'module' },
  });
  await new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error || stats.hasErrors()) reject(error ?? new Error(stats.toString('errors-only')));
      else compiler.close(resolve);
    });
  });
}

async function withVite() {
  const { build } = await import('vite');
  await build({
    configFile: false,
    logLevel: 'error',
    build: { ssr: entry, outDir: out, emptyOutDir: true, target: 'es2022' },
    ssr: { noExternal: true },
  });
}
