import * as fs from 'node:fs';
import { expect, it, jest } from '@jest/globals';
import { pretend } from '../support/pretend.ts';

// A disk with one entry: a link at D:/dir/link. All else that leads to an answer is the path that was asked for.
const link = 'D:/dir/link';
let target = '';

type Got = (error: Error | null, result?: Buffer) => void;

const missing = (): Error => Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'realpath' });

const native = (path: fs.PathLike, _encoding: 'buffer', done: Got): void =>
  path.toString().startsWith(link) ? done(missing()) : done(null, Buffer.from(path.toString()));

const readlink = (path: fs.PathLike, _encoding: 'buffer', done: Got): void =>
  path.toString() === link ? done(null, Buffer.from(target)) : done(missing());

jest.unstable_mockModule('node:fs', () => ({ ...fs, default: fs, readlink, realpath: { native } }));
const { resolvePath } = await import('../../src/operations/resolve-path.ts');

it.each([
  ['C:\\x', 'C:\\x'],
  ['\\\\server\\share\\x', '\\\\server\\share\\x'],
  ['\\x', 'D:\\x'],
  ['..\\x', 'D:\\x'],
  ['x', 'D:\\dir\\x'],
])('on Windows, a dangling link to %s in D:/dir leads to %s', (to, end) => {
  using _ = pretend('win32');
  target = to;
  const done = jest.fn();
  resolvePath(link, false, done);
  expect(done.mock.calls).toEqual([[null, end]]);
});

it('elsewhere, `..` in the target of a dangling link is left to the system', () => {
  using _ = pretend('linux');
  const done = jest.fn();
  for (target of ['../x', '/x']) resolvePath(link, false, done);
  expect(done.mock.calls).toEqual([
    [null, 'D:/dir/../x'],
    [null, '/x'],
  ]);
});
