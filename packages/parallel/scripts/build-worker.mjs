// Workers run what has been built, since not every Node can load the sources. This builds it when the sources are newer,
// so that the tests never meet a worker of yesterday.
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { mendBundle } from '../../../scripts/mend-bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

export default async function buildWorker() {
  const built = join(root, 'dist/engine.js');
  if (existsSync(built) && statSync(built).mtimeMs > newest(join(root, 'src'))) return;
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/index.ts', 'src/worker.ts', 'src/engine.ts'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    chunkNames: 'shared-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    packages: 'external',
    logLevel: 'error',
    write: false,
  });
  mkdirSync(join(root, 'dist'), { recursive: true });
  for (const { path, text } of outputFiles) writeFileSync(path, mendBundle(text));
}

function newest(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Math.max(...files.map((file) => statSync(join(folder, file)).mtimeMs));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWorker();
