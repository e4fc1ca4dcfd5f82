import * as os from 'node:os';
import * as timers from 'node:timers';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';

// The test makes the turns of the loop: their real duration, on a busy machine, would show nothing.
let turns: (() => void)[] = [];
jest.unstable_mockModule('node:timers', () => ({
  ...timers,
  default: timers,
  setImmediate: (turn: () => void) => turns.push(turn),
}));
jest.unstable_mockModule('node:os', () => ({ ...os, default: os, availableParallelism: () => 3 }));

async function makeLoop(): Promise<typeof import('../../src/pool/pool-loop.ts').poolLoop> {
  jest.resetModules();
  return (await import('../../src/pool/pool-loop.ts')).poolLoop;
}

/** Lets the loop turn until it stops. @returns the number of turns. */
function turnAll(most = 1000): number {
  let count = 0;
  for (; turns.length > 0 && count < most; count++) turns.shift()?.();
  return count;
}

beforeEach(() => {
  turns = [];
});

const entry = { start: (): void => undefined };

describe('the event loop, while operations are in the pool', () => {
  it('spins for a hundred turns if no operation ends, and then sleeps', async () => {
    const loop = await makeLoop();
    loop.enter(entry);
    expect(turnAll()).toBe(100);
    loop.leave();
  });

  it('stops spinning when the operation ends, and spins again for the next one', async () => {
    const loop = await makeLoop();
    for (let i = 0; i < 5; i++) {
      loop.enter(entry);
      expect(turnAll(10)).toBe(10);
      loop.leave();
      turnAll();
      expect(turns).toHaveLength(0);
    }
  });

  it('spins for fewer and fewer operations while they are long, until one is short', async () => {
    const loop = await makeLoop();
    const waitedFor = (): boolean => {
      loop.enter(entry);
      const turned = turnAll();
      loop.leave();
      return turned === 100;
    };
    const pauses = [];
    for (let pause = 0; pauses.length < 9;) {
      if (!waitedFor()) pause++;
      else {
        pauses.push(pause);
        pause = 0;
      }
    }
    expect(pauses).toEqual([0, 1, 3, 7, 15, 31, 63, 64, 64]);
    for (let i = 0; i < 64; i++) waitedFor();
    loop.enter(entry);
    expect(turnAll(1)).toBe(1);
    loop.leave();
    turnAll();
    expect([waitedFor(), waitedFor(), waitedFor()]).toEqual([true, false, true]);
  });

  it('does not spin if there is no free core', async () => {
    const loop = await makeLoop();
    for (let i = 0; i < 3; i++) loop.enter(entry);
    expect(turnAll()).toBeLessThanOrEqual(1);
    for (let i = 0; i < 3; i++) loop.leave();
  });
});
