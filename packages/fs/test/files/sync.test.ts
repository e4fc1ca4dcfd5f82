import * as fs from 'node:fs';
import { expect, it, jest } from '@jest/globals';

// Which calls of the system a file makes to get its content onto the disk. All of them go to the real one.
const calls: string[] = [];
const fsync = (fd: number, done: fs.NoParamCallback): void => {
  calls.push('fsync');
  fs.fsync(fd, done);
};
const fdatasync = (fd: number, done: fs.NoParamCallback): void => {
  calls.push('fdatasync');
  fs.fdatasync(fd, done);
};

jest.unstable_mockModule('node:fs', () => ({ ...fs, default: fs, fsync, fdatasync }));
const { openFile } = await import('@tercet/fs');
const { inFolder } = await import('../support/in-folder.ts');

it.each([
  ['everything', undefined, 'fsync'],
  ['everything', { dataOnly: false }, 'fsync'],
  ['only the content', { dataOnly: true }, 'fdatasync'],
])('sync() writes the buffer, and then %s, with the options %j', (_, options, call) =>
  inFolder(async (folder) => {
    await using file = await openFile(folder.join('x').toString(), 'w');
    await file.write('buffered');
    calls.length = 0;
    await file.sync(options);
    expect(calls).toEqual([call]);
    expect(fs.readFileSync(folder.join('x').toString(), 'utf8')).toBe('buffered');
  })(),
);
