import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { all, CancelScope, ClosedResourceError, openNursery, StateError, WouldBlock } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { openFile } from '@tercet/fs';
import type { Path } from '@tercet/fs';
import { inFolder } from '../support/in-folder.ts';

const lockOf =
  'import fs from "node:fs"; import locks from "fs-native-extensions"; const fd = fs.openSync(process.argv[1], "r+");';

/** Whether another process could lock the file, in its own words. */
function elsewhere(path: Path, options: { readonly shared: boolean }): string {
  const code = `${lockOf} console.log(locks.tryLock(fd, 0, 0, ${JSON.stringify(options)}));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code, path.toString()], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  return stdout.trim() || stderr;
}

const exclusive = { shared: false };
const shared = { shared: true };

describe('lock()', () => {
  it(
    'keeps other processes out until it is released',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await using file = await openFile(path, 'w');
      const lock = await file.lock();
      expect(elsewhere(path, exclusive)).toBe('false');
      expect(elsewhere(path, shared)).toBe('false');
      lock.release();
      lock.release();
      expect(elsewhere(path, exclusive)).toBe('true');
    }),
  );

  it(
    'may be shared by holders that ask for a shared lock',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await path.writeText('x');
      await using file = await openFile(path);
      using _ = await file.lock(shared);
      await using other = await openFile(path);
      using _other = await other.lock(shared);
      expect(elsewhere(path, shared)).toBe('true');
      expect(elsewhere(path, exclusive)).toBe('false');
    }),
  );

  it(
    'makes another task of the process wait until it is released',
    inFolder(async (folder) => {
      const path = folder.join('counter');
      await path.writeText('0');
      const countUp = async (): Promise<void> => {
        await using file = await openFile(path, 'r+');
        using _ = await file.lock();
        const count = Number(await file.read());
        await path.stat();
        await file.seek(0);
        await file.write(String(count + 1));
        await file.flush();
      };
      await all(Array.from({ length: 10 }, () => countUp));
      expect(await path.readText()).toBe('10');
    }),
  );

  it(
    'throws WouldBlock if it must not wait',
    inFolder(async (folder) => {
      await using file = await openFile(folder.join('x'), 'w');
      await using other = await openFile(folder.join('x'), 'w');
      using lock = await file.lock();
      await expect(other.lock({ wait: false })).rejects.toThrow(WouldBlock);
      lock.release();
      using _ = await other.lock({ wait: false });
    }),
  );

  it(
    'holds no lock after it was cancelled, or its file was closed, during the wait',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await using file = await openFile(path, 'w');
      await using other = await openFile(path, 'w');
      const third = await openFile(path, 'w');
      const lock = await file.lock();
      const scope = new CancelScope();
      await openNursery(async (nursery) => {
        nursery.startSoon(() => scope.run(() => other.lock()));
        nursery.startSoon(async () => {
          await expect(third.lock()).rejects.toThrow(ClosedResourceError);
        });
        await waitAllTasksBlocked();
        scope.cancel();
        await third.close();
      });
      expect(scope.cancelledCaught).toBe(true);
      lock.release();
      expect(elsewhere(path, exclusive)).toBe('true');
      using _ = await other.lock();
    }),
  );

  it(
    'ends with its file, and with its process',
    inFolder(async (folder) => {
      const path = folder.join('x');
      const file = await openFile(path, 'w');
      const lock = await file.lock();
      await file.close();
      lock.release();
      expect(elsewhere(path, exclusive)).toBe('true');

      const code = `${lockOf} console.log(locks.tryLock(fd)); setInterval(() => {}, 1000);`;
      const holder = spawn(process.execPath, ['--input-type=module', '-e', code, path.toString()], {
        cwd: import.meta.dirname,
      });
      expect(String((await once(holder.stdout, 'data'))[0]).trim()).toBe('true');
      await using next = await openFile(path, 'r+');
      await expect(next.lock({ wait: false })).rejects.toThrow(WouldBlock);
      holder.kill('SIGKILL');
      using _ = await next.lock();
    }),
  );

  it(
    'is refused for a file that has a lock, and an exclusive one for a file that is only read',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await using file = await openFile(path, 'w');
      using _ = await file.lock();
      await expect(file.lock()).rejects.toThrow(StateError);
      await using reader = await openFile(path);
      await expect(reader.lock()).rejects.toThrow('lock(): ');
      await expect(reader.lock()).rejects.toThrow(StateError);
    }),
  );
});
