// On Node 20 and 22, each AsyncLocalStorage that has been used makes every promise of the process slower: Node runs a hook for
// the promise, and writes a property with the name `kResourceStore` for each of these storages. Later ones do neither.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { runProgram } from './run-program.ts';
import { root } from './workspaces.ts';

const storesAreProperties = Number.parseInt(process.versions.node, 10) < 24;
const core = JSON.stringify(pathToFileURL(`${root}packages/core/dist/index.js`));

const countStores = `
  const countStores = () => {
    const symbols = Object.getOwnPropertySymbols(Promise.resolve());
    return symbols.filter(({ description }) => description === 'kResourceStore').length;
  };`;

test('core has no storage in use before the first run, and one from then on', () => {
  const program = `
    import { run } from ${core};
    ${countStores}
    console.log(countStores(), await run(async () => countStores()));`;
  expect(runProgram('--input-type=module', '-e', program).trim()).toBe(storesAreProperties ? '0 1' : '0 0');
});

test('all test files of a jest process have one storage together', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tercet-storages-'));
  try {
    // jest adds a storage for each file, so the test counts only those that a run adds. All files see the same class.
    const text = `
      import { AsyncLocalStorage } from 'node:async_hooks';
      import { run } from ${core};
      ${countStores}
      test('counts', async () => {
        const before = countStores();
        AsyncLocalStorage.added = (AsyncLocalStorage.added ?? 0) + (await run(async () => countStores())) - before;
        expect(AsyncLocalStorage.added).toBe(${storesAreProperties ? 1 : 0});
      });`;
    for (const name of ['first', 'second', 'third']) writeFileSync(join(folder, `${name}.test.mjs`), text);
    const config = { rootDir: folder, testMatch: ['<rootDir>/*.test.mjs'], transform: {} };
    const args = ['--runInBand', '--config', JSON.stringify(config)];
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--experimental-vm-modules', `${root}node_modules/jest/bin/jest.js`, ...args],
      { timeout: 100_000, encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('3 passed') });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
