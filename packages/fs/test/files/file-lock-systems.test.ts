import { expect, it, jest } from '@jest/globals';
import { WouldBlock } from '@tercet/core';
import { inFolder } from '../support/in-folder.ts';

/** The outcomes of the next attempts to lock. All later attempts succeed. */
const outcomes: (() => boolean)[] = [];
const attempts: boolean[] = [];

const tryLock = (_fd: number, _offset: number, _length: number, { shared }: { shared: boolean }): boolean => {
  attempts.push(shared);
  return outcomes.shift()?.() ?? true;
};
jest.unstable_mockModule('fs-native-extensions', () => ({ tryLock, unlock: () => {} }));

const { openFile } = await import('@tercet/fs');

function fails(code: string, text: string): () => never {
  return () => {
    throw Object.assign(new Error(text), { code });
  };
}

const busy = fails('EBUSY', 'resource busy or locked');

it(
  'lock() waits where the system says EBUSY for a lock of somebody else, as Windows does',
  inFolder(async (folder) => {
    await using file = await openFile(folder.join('x'), 'w');
    outcomes.push(busy, busy);
    using _ = await file.lock();
    expect(attempts.splice(0)).toEqual([false, false, false]);
  }),
);

it(
  'lock() throws WouldBlock for EBUSY if it must not wait, and an FsError for other errors',
  inFolder(async (folder) => {
    await using file = await openFile(folder.join('x'), 'w');
    outcomes.push(busy, fails('EINVAL', 'invalid argument'));
    await expect(file.lock({ wait: false })).rejects.toThrow(WouldBlock);
    await expect(file.lock({ wait: false })).rejects.toMatchObject({
      name: 'FsError',
      code: 'EINVAL',
      syscall: 'lock',
    });
    using _ = await file.lock({ wait: false });
  }),
);
