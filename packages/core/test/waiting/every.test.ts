import { describe, expect, it } from '@jest/globals';
import { CancelScope, currentTime, every, moveOnAfter, sleep } from '@tercet/core';
import { runVirtually, thrownBy } from '../run-virtually.ts';

/** When the ticks came and when they were due, counted from the beginning, for a body that takes so long each time. */
async function ticksOf(durations: readonly number[], options?: Parameters<typeof every>[1]): Promise<number[][]> {
  const begin = currentTime();
  const ticks: number[][] = [];
  for await (const due of every(100, options)) {
    ticks.push([currentTime() - begin, due - begin]);
    const duration = durations[ticks.length - 1];
    if (duration === undefined) break;
    await sleep(duration);
  }
  return ticks;
}

describe('every', () => {
  it('TK-1: yields the instants of a grid, however long the body takes', async () => {
    await runVirtually(async () => {
      expect(await ticksOf([30, 99, 0])).toEqual([
        [100, 100],
        [200, 200],
        [300, 300],
        [400, 400],
      ]);
    });
  });

  it('TK-1: ticks at once with immediately: true', async () => {
    await runVirtually(async () => {
      expect(await ticksOf([30], { immediately: true })).toEqual([
        [0, 0],
        [100, 100],
      ]);
    });
  });

  it('TK-1: yields one late tick at once, and returns to the grid', async () => {
    await runVirtually(async () => {
      expect(await ticksOf([270, 10, 10])).toEqual([
        [100, 100],
        [370, 200],
        [400, 400],
        [500, 500],
      ]);
    });
  });

  it("TK-1: yields each missed tick with missed: 'all'", async () => {
    await runVirtually(async () => {
      expect(await ticksOf([270, 0, 0, 0], { missed: 'all' })).toEqual([
        [100, 100],
        [370, 200],
        [370, 300],
        [400, 400],
        [500, 500],
      ]);
    });
  });

  it('TK-1: can be cancelled while it waits, and when every tick is late', async () => {
    await runVirtually(async () => {
      const begin = currentTime();
      await moveOnAfter(150, async () => {
        for await (const _ of every(100));
      });
      expect(currentTime() - begin).toBe(150);
      let ticks = 0;
      await new CancelScope().run(async (scope) => {
        for await (const _ of every(1, { missed: 'all', immediately: true })) {
          ticks++;
          scope.cancel();
        }
      });
      expect(ticks).toBe(1);
    });
  });

  it('refuses an interval that is not above zero, and an unknown choice', async () => {
    expect(await thrownBy(() => every(0))).toBeInstanceOf(RangeError);
    expect(await thrownBy(() => every(-1))).toBeInstanceOf(RangeError);
    expect(await thrownBy(() => every({ seconds: Infinity }))).toBeInstanceOf(RangeError);
    expect(await thrownBy(() => every(1, { missed: 'some' as never }))).toBeInstanceOf(RangeError);
  });
});
