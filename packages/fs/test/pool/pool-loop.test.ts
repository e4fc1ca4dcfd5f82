import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CancelScope, checkpoint, openNursery } from '@tercet/core';
import { CapacityLimiter } from '@tercet/sync';
import { inFolder } from '../support/in-folder.ts';

/** More than the pool has threads, so that the last ones start at the end of the turn. */
const MANY = 12;

describe('the loop and the pool', () => {
  it(
    'operations that start in a batch all return, each with its own result',
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
    'a wrong argument fails at the end of the turn, and the token is returned',
    inFolder(async (folder) => {
      const limiter = new CapacityLimiter(MANY);
      const all = Array.from({ length: MANY }, () => folder.join('a\0b').stat({ limiter }));
      for (const { status } of await Promise.allSettled(all)) expect(status).toBe('rejected');
      expect(limiter.borrowedTokens).toBe(0);
    }),
  );

  it(
    'a file whose opening was cancelled before the end of the turn is not opened',
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
});
