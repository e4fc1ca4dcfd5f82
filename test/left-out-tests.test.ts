import { expect, test } from '@jest/globals';
import { folders, leftOutOn } from '../scripts/jest/left-out.mjs';
import { filesIn } from './workspaces.ts';

test.each(folders)('each pattern of a test file of %s that another system leaves out is that of one file', (folder) => {
  const files = filesIn(`${folder}/test`).map((file) => `/${file}`);
  const patterns = new Set([...leftOutOn('win32', folder), ...leftOutOn('darwin', folder)]);
  expect(patterns.size).toBeGreaterThan(0);
  for (const pattern of patterns) {
    const matched = files.filter((file) => new RegExp(pattern).test(file));
    expect({ pattern, count: matched.length }).toEqual({ pattern, count: 1 });
  }
});

test.each(folders)('Linux runs all test files of %s', (folder) => {
  expect(leftOutOn('linux', folder)).toEqual([]);
});
