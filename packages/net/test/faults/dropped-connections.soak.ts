import { expect, it } from '@jest/globals';
import { realRun } from '../system-clock.ts';
import { usedMemory } from './collect-garbage.ts';
import { dropConnections, randomFrom } from './drop-connections.ts';
import { withEchoServer } from './echo-server.ts';

const ROUNDS = 5;
const CONNECTIONS_PER_ROUND = 2000;

it(
  'a server outlives 10 000 connections that are dropped at random, and no handle, task or memory of them remains',
  realRun(async () => {
    const seed = Date.now() % 1_000_000;
    const random = randomFrom(seed);
    const used: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { before, after } = await withEchoServer((port) => dropConnections(port, CONNECTIONS_PER_ROUND, random));
      expect(after).toBe(before);
      used.push(await usedMemory());
    }
    console.log(
      `seed ${seed}, MiB in use after each ${CONNECTIONS_PER_ROUND}: ${used.map((n) => n.toFixed(1)).join(', ')}`,
    );
    // A connection needs some 15 KiB: one in fifty left behind would add up to this.
    expect(used.at(-1)! - used[1]!).toBeLessThan(2);
  }),
  120_000,
);
