import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { inFolder } from '../support/in-folder.ts';

const program = `
  import { run, StateError } from '@tercet/core';
  import { openFile } from '@tercet/fs';
  await run(async () => {
    await using file = await openFile(process.argv[2], 'w');
    await file.write('written without the package of locks');
    await file.lock().catch((error) => console.log(error instanceof StateError, error.message, error.cause.code));
    await file.lock().catch((error) => console.log(error.message));
  });`;

it(
  'lock() says what to install when the package of locks is not there, and the file stays usable',
  inFolder(async (folder) => {
    const outfile = folder.join('program.mjs').toString();
    await build({
      stdin: { contents: program, resolveDir: import.meta.dirname },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      conditions: ['@tercet/source'],
      external: ['fs-native-extensions'],
      alias: { '@tercet/fs': fileURLToPath(new URL('../../src/index.ts', import.meta.url)) },
      outfile,
    });
    const file = folder.join('x');
    const { stdout, stderr } = spawnSync(process.execPath, [outfile, file.toString()], { encoding: 'utf8' });
    const text =
      'lock(): advisory locks need the package fs-native-extensions, which is not installed: npm install fs-native-extensions';
    expect({ stdout, stderr }).toEqual({ stdout: `true ${text} ERR_MODULE_NOT_FOUND\n${text}\n`, stderr: '' });
    expect(await file.readText()).toBe('written without the package of locks');
  }),
);
