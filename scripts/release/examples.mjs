// The reader of examples belongs to the tests and is written in TypeScript, which Node 20 does not read by itself.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Loads test/examples.ts. */
export async function loadExamples(root) {
  // Below node_modules, so that it finds TypeScript.
  const outfile = join(root, 'node_modules', '.tercet-examples', 'examples.mjs');
  await build({
    entryPoints: [join(root, 'test', 'examples.ts')],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outfile,
  });
  return await import(pathToFileURL(outfile).href);
}
