import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { startFile, writeProgramFile } from './program.ts';

const fixture = join(import.meta.dirname, 'bundled');
const worker = { worker: '@tercet/parallel/worker' };
const expected = readFileSync(join(fixture, 'expected.txt'), 'utf8');

// `npm run test:bundlers` does the same with Vite and webpack, which would be much to install for each change.
it.each([
  { what: 'the packages are left outside', packages: 'external', splitting: true, entries: {} },
  { what: 'the packages are in the bundle', packages: 'bundle', splitting: true, entries: worker },
  { what: 'each entry has a copy of the packages', packages: 'bundle', splitting: false, entries: worker },
] as const)('esbuild bundles a program and its jobs, where $what, without a warning', async (options) => {
  const { packages, splitting, entries } = options;
  const sources = writeProgramFile(`sources-${packages}-${String(splitting)}/package.json`, '{ "type": "module" }');
  const folder = join(sources, '..');
  cpSync(fixture, folder, { recursive: true });
  const outdir = join(folder, 'out');
  const { warnings } = await build({
    absWorkingDir: folder,
    entryPoints: { main: 'main.ts', jobs: 'jobs.ts', ...entries },
    outdir,
    bundle: true,
    splitting,
    format: 'esm',
    platform: 'node',
    packages,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  expect(await startFile(join(outdir, 'main.js')).ended).toMatchObject({ code: 0, stdout: expected, stderr: '' });
});
