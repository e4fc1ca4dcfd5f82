import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { runProgram } from './run-program.ts';
import { root } from './workspaces.ts';

// A program that a bundler has made must find the modules that the core loads on demand.
const program = `
  import { run } from '@tercet/core';
  const instrument = { taskSpawned: ({ name }) => console.log('spawned', name) };
  run(async function stuck() {
    const scope = await import('@tercet/core/lowlevel');
    await scope.suspend('a wake-up call', () => () => 'succeeded');
  }, { instruments: [instrument] }).catch((error) => console.log(error.name, /stuck.*waiting for a wake-up call/.test(error.message)));
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tercet-bundles-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['one file', { format: 'esm' }],
  ['one CommonJS file', { format: 'cjs' }],
  ['several files', { format: 'esm', splitting: true }],
] as const)('a program in %s is watched, and hears of its deadlock', async (name, options) => {
  const extension = options.format === 'cjs' ? '.cjs' : '.mjs';
  const outdir = join(folder, name);
  await build({
    ...options,
    stdin: { contents: program, resolveDir: root },
    outdir,
    outExtension: { '.js': extension },
    bundle: true,
    platform: 'node',
    logLevel: 'error',
  });
  const stdout = runProgram(join(outdir, `stdin${extension}`));
  expect(stdout).toBe('spawned stuck\nDeadlockError true\n');
});
