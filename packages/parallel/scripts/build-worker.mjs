// Workers run what has been built, since not every Node can load the sources. This builds it when the sources are newer,
// so that the tests never meet a worker of yesterday.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

export default async function buildWorker() {
  const built = join(root, 'dist/engine.js');
  if (existsSync(built) && statSync(built).mtimeMs > newest(join(root, 'src'))) return;
  await build({
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
  });
}

function newest(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Math.max(...files.map((file) => statSync(join(folder, file)).mtimeMs));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWorker();
