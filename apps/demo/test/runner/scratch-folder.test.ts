import { mkdirSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, jest } from '@jest/globals';
import { run } from '@tercet/core';
import { owner } from '../../src/owner/owner.ts';
import { removeOrphanedScratch } from '../../src/runner/scratch-folder.ts';

// No process has this number.
const folder = join(tmpdir(), `jobd-${owner.replace(/-\d+-/, '-99999999-')}-left`);
const { getuid } = process;

afterEach(() => {
  Object.assign(process, { getuid });
  rmSync(folder, { recursive: true, force: true });
});

it.each([
  ['on this system', getuid],
  ['where files have no user ids, as on Windows', undefined],
])('removes the scratch folder of a process that was killed, %s', async (_title, value) => {
  mkdirSync(folder);
  Object.assign(process, { getuid: value });
  const warn = jest.fn();
  await run(() => removeOrphanedScratch(warn));
  expect(existsSync(folder)).toBe(false);
  expect(warn.mock.calls).toEqual([]);
});
