import { execFileSync } from 'node:child_process';
import { pbkdf2 } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { abandonable, CancelScope, checkpoint, openNursery, run } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { defaultPoolLimiter } from '@tercet/fs';
import { CapacityLimiter } from '@tercet/sync';
import { inFolder } from '../support/in-folder.ts';

describe('the thread pool', () => {
  it(
    'does not start an operation in a cancelled scope',
    inFolder(async (folder) => {
      const scope = new CancelScope();
      scope.cancel();
      await scope.run(() => folder.join('x').writeText('x'));
      expect(existsSync(folder.join('x').toString())).toBe(false);
      expect(scope.cancelledCaught).toBe(true);
    }),
  );

  it(
    'waits for a cancelled operation, which may still succeed',
    inFolder(async (folder) => {
      const scope = new CancelScope();
      let size = -1;
      await scope.run(async () => {
        const writing = folder.join('x').writeText('done');
        scope.cancel();
        await writing;
        ({ size } = folder.join('x').statSync());
        expect(scope.cancelCalled).toBe(true);
      });
      expect(size).toBe(4);
      expect(scope.cancelledCaught).toBe(false);
    }),
  );

  it(
    'runs at most as many operations as the limiter has tokens, and returns all tokens',
    inFolder(async (folder) => {
      execFileSync('mkfifo', [folder.join('pipe').toString()]);
      const pipe = folder.join('pipe');
      const limiter = new CapacityLimiter(2);
      const finished: number[] = [];
      const scope = new CancelScope();
      let writer = -1;
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await scope.run(() =>
            openNursery((readers) => {
              for (let i = 0; i < 4; i++) {
                readers.startSoon(async () => {
                  await using _ = await pipe.open('rb', { limiter });
                  finished.push(i);
                });
              }
            }),
          );
        });
        try {
          await waitAllTasksBlocked();
          expect(limiter.statistics()).toMatchObject({ borrowedTokens: 2, tasksWaiting: 2 });
          // Other operations are not delayed by them.
          expect(await folder.exists()).toBe(true);
          scope.cancel();
          await waitAllTasksBlocked();
          // Operations that had started are awaited. The others were not started.
          expect(limiter.statistics()).toMatchObject({ borrowedTokens: 2, tasksWaiting: 0 });
        } finally {
          // It stays open, because a thread of the pool may open its end only now.
          writer = openSync(pipe.toString(), 'r+');
        }
      });
      closeSync(writer);
      expect(finished).toEqual([]);
      expect(limiter.statistics().borrowedTokens).toBe(0);
    }),
  );

  it(
    'returns the token after an error and a wrong argument',
    inFolder(async (folder) => {
      const limiter = new CapacityLimiter(1);
      await expect(folder.join('missing').stat({ limiter })).rejects.toHaveProperty('code', 'ENOENT');
      await expect(folder.join('a\0b').stat({ limiter })).rejects.toHaveProperty('name', 'TypeError');
      await expect(folder.join('a\0b').readText({ limiter })).rejects.toHaveProperty('name', 'TypeError');
      expect(limiter.borrowedTokens).toBe(0);
    }),
  );

  it(
    'lets other users of the pool run while a thousand tasks read files',
    inFolder(async (folder) => {
      const path = folder.join('x');
      await path.writeText('x');
      let read = 0;
      let atHash = 0;
      await openNursery(async (nursery) => {
        for (let i = 0; i < 1000; i++) {
          nursery.startSoon(async () => {
            await path.readText();
            read++;
          });
        }
        await checkpoint();
        await abandonable(new Promise((resolve) => pbkdf2('x', 'y', 1, 16, 'sha1', resolve)));
        atHash = read;
      });
      expect(read).toBe(1000);
      expect(atHash).toBeLessThan(500);
    }),
  );

  it('has one default limiter for each run, whose size may be changed', async () => {
    const first = await run(async () => {
      await checkpoint();
      defaultPoolLimiter().totalTokens = 7;
      return defaultPoolLimiter();
    });
    await run(async () => {
      await checkpoint();
      expect(defaultPoolLimiter()).not.toBe(first);
      expect(defaultPoolLimiter()).toBe(defaultPoolLimiter());
    });
    expect(() => defaultPoolLimiter()).toThrow('outside of a run');
  });
});
