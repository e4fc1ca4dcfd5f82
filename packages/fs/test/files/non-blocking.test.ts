import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { wrapFile } from '@tercet/fs';
import type { Path } from '@tercet/fs';
import { collect, inFolder } from '../support/in-folder.ts';

/** Both ends of a non-blocking pipe, such as a pipe shared with a Node program. */
function openPipe(folder: Path): { readonly reader: number; readonly writer: number } {
  const path = folder.join('pipe').toString();
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
}

/** Reads everything that is in the pipe now. */
function drain(fd: number): string {
  const buffer = Buffer.alloc(1 << 20);
  return buffer.toString('latin1', 0, readSync(fd, buffer));
}

const LINE = 'x'.repeat(99);

describe('wrapFile of a non-blocking descriptor', () => {
  it.each([0, 10_000])('I-8: waits for room, and writes everything, with a buffer of %i bytes', (buffering) =>
    inFolder(async (folder) => {
      const { reader, writer } = openPipe(folder);
      const lines = await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await using file = wrapFile(writer, 'w', { buffering });
          for (let i = 0; i < 3000; i++) await file.write(`${LINE}\n`);
          await file.write(`${LINE}\n`.repeat(3000));
        });
        // While the pipe is not read, it can only wait.
        await waitAllTasksBlocked();
        await using file = wrapFile(reader);
        return await file.readLines();
      });
      expect(lines?.length).toBe(6000);
      expect(new Set(lines)).toEqual(new Set([LINE]));
    })(),
  );

  it(
    'I-8: waits for input, as text and bytes, by lines and by chunks',
    inFolder(async (folder) => {
      const { reader, writer } = openPipe(folder);
      const received = await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await using file = wrapFile(writer, 'wb');
          for (const text of ['one\ntw', 'o\n', 'xyz', 'rest']) {
            await waitAllTasksBlocked();
            await file.write(Buffer.from(text));
          }
        });
        await using file = wrapFile(reader, 'rb');
        const line = await file.readLine();
        const second = await file.readLine();
        const three = await file.read(3);
        const rest = await collect(file.chunks());
        return [line, second, three, Buffer.concat(rest)].map((bytes) => Buffer.from(bytes ?? []).toString());
      });
      expect(received).toEqual(['one', 'two', 'xyz', 'rest']);
    }),
  );

  it(
    'I-8: can be cancelled while it waits, keeps the unwritten bytes, and closes',
    inFolder(async (folder) => {
      const { reader, writer } = openPipe(folder);
      const waiting = async (operation: () => Promise<unknown>): Promise<boolean> => {
        const scope = new CancelScope();
        await openNursery(async (nursery) => {
          nursery.startSoon(() => scope.run(operation));
          await waitAllTasksBlocked();
          scope.cancel();
        });
        return scope.cancelledCaught;
      };
      await using input = wrapFile(reader);
      expect(await waiting(() => input.readLine())).toBe(true);
      const file = wrapFile(writer, 'w', { buffering: 200_000 });
      await file.write('a'.repeat(150_000));
      expect(await waiting(() => file.flush())).toBe(true);
      let got = drain(reader);
      // Closing waits as well. If it is cancelled, the rest is lost, and an error says so.
      const lost: unknown[] = [];
      expect(await waiting(() => file.close().catch((error: unknown) => lost.push(error)))).toBe(false);
      expect(lost).toMatchObject([{ name: 'FsError', code: 'EAGAIN' }]);
      got += drain(reader);
      expect(got.length).toBeLessThan(150_000);
      expect(got).toBe('a'.repeat(got.length));
      expect(() => closeSync(writer)).toThrow('EBADF');
    }),
  );
});
