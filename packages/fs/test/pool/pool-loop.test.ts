import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, checkpoint, openNursery, sleep } from '@tercet/core';
import { CapacityLimiter } from '@tercet/sync';
import { inFolder } from '../support/in-folder.ts';

/** More than the pool has threads, so that the last ones are handed over at the end of the turn. */
const MANY = 12;

describe('the loop and the pool', () => {
  it(
    'operations that are handed over together all come back, each with its own result',
    inFolder(async (folder) => {
      const names = Array.from({ length: MANY }, (_, i) => `file ${i}`);
      await Promise.all(names.map((name) => folder.join(name).writeText(name)));
      expect(await Promise.all(names.map((name) => folder.join(name).readText()))).toEqual(names);
      const missing = names.map((name) => folder.join(name, 'x').stat());
      for (const result of await Promise.allSettled(missing)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ENOTDIR' } });
      }
    }),
  );

  it(
    'what is wrong with an argument is found out at the end of the turn, and gives the token back',
    inFolder(async (folder) => {
      const limiter = new CapacityLimiter(MANY);
      const all = Array.from({ length: MANY }, () => folder.join('a\0b').stat({ limiter }));
      for (const { status } of await Promise.allSettled(all)) expect(status).toBe('rejected');
      expect(limiter.borrowedTokens).toBe(0);
    }),
  );

  it(
    'a file that was cancelled before the end of the turn is not opened, and none stays open',
    inFolder(async (folder) => {
      const scope = new CancelScope();
      const limiter = new CapacityLimiter(MANY);
      const opening = async (i: number): Promise<void> => {
        await using _ = await folder.join(`${i}`).open('w', { limiter });
      };
      await scope.run(() =>
        openNursery(async (nursery) => {
          for (let i = 0; i < MANY; i++) nursery.startSoon(opening, i);
          await checkpoint();
          scope.cancel();
        }),
      );
      expect(existsSync(folder.join('0').toString())).toBe(true);
      expect(existsSync(folder.join(`${MANY - 1}`).toString())).toBe(false);
      expect(limiter.borrowedTokens).toBe(0);
    }),
  );

  it(
    'sleeps while an operation takes long',
    inFolder(async (folder) => {
      const pipe = folder.join('pipe').toString();
      execFileSync('mkfifo', [pipe]);
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await using _ = await folder.join('pipe').open('rb');
        });
        const before = performance.eventLoopUtilization();
        await sleep(50);
        const { idle } = performance.eventLoopUtilization(before);
        closeSync(openSync(pipe, 'r+'));
        expect(idle).toBeGreaterThan(25);
      });
    }),
  );

  it(
    'stays awake while short operations follow each other, if there is a core for that',
    inFolder(async (folder) => {
      for (let i = 0; i < 20; i++) await folder.stat();
      let awake = 0;
      for (let i = 0; i < 100; i++) {
        const before = performance.eventLoopUtilization();
        await folder.stat();
        if (performance.eventLoopUtilization(before).idle === 0) awake++;
      }
      expect(awake).toBeGreaterThan(availableParallelism() > 1 ? 50 : -1);
    }),
  );
});
