import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { startFile, writeProgramFile } from './program.ts';

const fixture = join(import.meta.dirname, 'bundled');
const expected = readFileSync(join(fixture, 'expected.txt'), 'utf8');

// `npm run test:bundlers` does the same with Vite and webpack, which would be much to install for each change.
it.each([
  { what: 'the packages are left outside', packages: 'external', entries: {} },
  { what: 'the packages are in the bundle', packages: 'bundle', entries: { worker: '@tercet/parallel/worker' } },
] as const)('esbuild bundles a program and its jobs, where $what, without a warning', async ({ packages, entries }) => {
  const sources = writeProgramFile(`sources-${packages}/package.json`, '{ "type": "module" }');
  const folder = join(sources, '..');
  cpSync(fixture, folder, { recursive: true });
  const outdir = join(folder, 'out');
  const { warnings } = await build({
    absWorkingDir: folder,
    entryPoints: { main: 'main.ts', jobs: 'jobs.ts', ...entries },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  expect(await startFile(join(outdir, 'main.js')).ended).toMatchObject({ code: 0, stdout: expected, stderr: '' });
});
