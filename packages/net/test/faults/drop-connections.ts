import { openNursery, sleep } from '@tercet/core';
import { connect } from 'node:net';

/** Numbers between 0 and 1, the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Opens connections to a server, 50 at a time, and drops each one after a moment, in any state. */
export async function dropConnections(port: number, count: number, random: () => number): Promise<void> {
  let left = count;
  await openNursery((clients) => {
    for (let client = 0; client < 50; client++) {
      clients.startSoon(async () => {
        while (left-- > 0) {
          const socket = connect(port, '127.0.0.1').on('error', () => undefined);
          if (random() < 0.3) socket.pause();
          if (random() < 0.8) await sleep(random() * 3);
          const fate = random();
          if (fate < 0.3) socket.write('half a mess');
          else if (fate < 0.5) socket.write(Buffer.alloc(300_000));
          else if (fate < 0.7) socket.end('bye');
          if (random() < 0.7) await sleep(random() * 3);
          // Node cannot reset a socket whose end is on its way: it leaves it open for ever.
          if (random() < 0.4 && !socket.writableEnded) socket.resetAndDestroy();
          else socket.destroy();
        }
      });
    }
  });
}
