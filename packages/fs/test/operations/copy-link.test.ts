import * as fs from 'node:fs';
import { beforeEach, expect, it, jest } from '@jest/globals';
import type { Path } from '@tercet/fs';
import { pretend } from '../support/pretend.ts';

/** The links that were asked for: the target, the name and the type. */
let links: unknown[][] = [];
/** Whether the user may make symbolic links; on Windows that needs the developer mode. */
let mayLink = true;

const note = (target: fs.PathLike, path: fs.PathLike, type: unknown): void => {
  links.push([target, path.toString().split('/').at(-1), type]);
  if (mayLink || type === 'junction') return;
  throw Object.assign(new Error('EPERM: operation not permitted, symlink'), { code: 'EPERM', syscall: 'symlink' });
};

const symlink = (...parameters: [fs.PathLike, fs.PathLike, ...unknown[], fs.NoParamCallback]): void => {
  const [target, path, type] = parameters;
  const done = parameters.at(-1) as fs.NoParamCallback;
  try {
    note(target, path, type === done ? undefined : type);
  } catch (error) {
    return process.nextTick(done, error);
  }
  fs.symlink(target, path, done);
};

jest.unstable_mockModule('node:fs', () => ({ ...fs, default: fs, symlink }));
const { inFolder } = await import('../support/in-folder.ts');

beforeEach(() => {
  links = [];
  mayLink = true;
});

const names = ['a-relative', 'b-absolute', 'c-file', 'd-dangling'];

/** A folder with links; those to folders lead to one that is copied after them. */
function plant(folder: Path): Path {
  const source = folder.join('src');
  fs.mkdirSync(source.join('z').toString(), { recursive: true });
  fs.writeFileSync(source.join('file').toString(), 'x');
  const targets = ['z', source.join('z').toString(), 'file', 'missing'];
  for (const [i, name] of names.entries()) fs.symlinkSync(targets[i] as string, source.join(name).toString());
  return source;
}

it(
  'on Windows, copy() of a folder keeps what a link leads to: a folder or a file',
  inFolder(async (folder) => {
    const source = plant(folder);
    using _ = pretend('win32');
    await source.copy(folder.join('dst'));
    expect(links.sort((a, b) => String(a[1]).localeCompare(String(b[1])))).toEqual([
      ['z', 'a-relative', 'dir'],
      [source.join('z').toString(), 'b-absolute', 'dir'],
      ['file', 'c-file', 'file'],
      ['missing', 'd-dangling', 'file'],
    ]);
  }),
);

it(
  'on Windows, an absolute link to a folder becomes a junction where links are not permitted',
  inFolder(async (folder) => {
    const source = plant(folder);
    for (const name of ['a-relative', 'c-file', 'd-dangling']) fs.unlinkSync(source.join(name).toString());
    using _ = pretend('win32');
    mayLink = false;
    await source.copy(folder.join('dst'));
    const target = source.join('z').toString();
    expect(links).toEqual([
      [target, 'b-absolute', 'dir'],
      [target, 'b-absolute', 'junction'],
    ]);
    expect(fs.readlinkSync(folder.join('dst', 'b-absolute').toString())).toBe(target);
  }),
);

it.each([
  ['z', 'a-relative', 'dir'],
  ['file', 'c-file', 'file'],
])('on Windows, a link to %j is not replaced by a junction', (target, name, type) =>
  inFolder(async (folder) => {
    const source = plant(folder);
    for (const other of names) if (other !== name) fs.unlinkSync(source.join(other).toString());
    using _ = pretend('win32');
    mayLink = false;
    await expect(source.copy(folder.join('dst'))).rejects.toMatchObject({ name: 'FsError', code: 'EPERM' });
    expect(links).toEqual([[target, name, type]]);
  })(),
);
