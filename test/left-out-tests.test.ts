import { expect, test } from '@jest/globals';
import { foldersOf, leftOutOn } from '../scripts/jest/left-out.mjs';
import { filesIn, readText } from './workspaces.ts';

test.each(['win32', 'darwin'] as const)('every test file that %s leaves out is there, and is only one', (system) => {
  for (const folder of foldersOf(system)) {
    const files = filesIn(`${folder}/test`).map((file) => `/${file}`);
    for (const pattern of leftOutOn(system, folder)) {
      expect({ pattern, files: files.filter((file) => new RegExp(pattern).test(file)).length }).toEqual({
        pattern,
        files: 1,
      });
    }
  }
});

test('Linux leaves out nothing', () => {
  expect(leftOutOn('linux', 'packages/fs')).toEqual([]);
});

test('what a package leaves out is said in CONTRIBUTING.md', () => {
  expect(readText('CONTRIBUTING.md')).toContain('scripts/jest/left-out.mjs');
});
