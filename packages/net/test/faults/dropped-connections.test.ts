import { expect, it } from '@jest/globals';
import { BrokenResourceError, moveOnAfter, openNursery, sleep } from '@tercet/core';
import { currentStatistics } from '@tercet/core/lowlevel';
import { closeForcefully } from '@tercet/streams';
import { connect } from 'node:net';
import { openTcpStream, serveTcp } from '../../src/index.ts';
import type { SocketListener, SocketStream } from '../../src/index.ts';
import { realRun, textOf } from '../system-clock.ts';

async function echo(stream: SocketStream): Promise<void> {
  try {
    for await (const chunk of stream) await stream.sendAll(chunk);
  } catch (error) {
    if (!(error instanceof BrokenResourceError)) throw error;
  }
}

async function stillEchoes(port: number): Promise<void> {
  await using stream = await openTcpStream('127.0.0.1', port);
  await stream.sendAll('still there?');
  expect(textOf(await stream.receiveSome())).toBe('still there?');
}

it(
  'a server outlives clients that go away in every state, and nothing of them remains',
  realRun(() =>
    openNursery(async (nursery) => {
      const [listener] = await nursery.start<SocketListener[]>((taskStatus) =>
        serveTcp(echo, 0, { host: '127.0.0.1', taskStatus }),
      );
      const { port } = listener!;
      await stillEchoes(port);
      await sleep(10);
      const before = currentStatistics().tasksLiving;
      await openNursery((clients) => {
        for (let client = 0; client < 25; client++) {
          clients.startSoon(async () => {
            for (let i = 0; i < 20; i++) {
              const socket = connect(port, '127.0.0.1').on('error', () => undefined);
              const fate = (client + i) % 5;
              if (fate > 0) await sleep(fate % 3);
              if (fate === 1) socket.write('half a mess');
              if (fate === 2) socket.write(Buffer.alloc(300_000));
              if (fate === 3) socket.end('bye');
              await sleep(1);
              if (fate === 4 || fate === 2) socket.resetAndDestroy();
              else socket.destroy();
            }
          });
        }
      });
      await stillEchoes(port);
      for (let waited = 0; currentStatistics().tasksLiving > before && waited < 100; waited++) await sleep(10);
      expect(currentStatistics().tasksLiving).toBe(before);
      nursery.cancelScope.cancel();
    }),
  ),
);

it(
  'a client that never reads holds up its own handler only, and that can be cancelled',
  realRun(() =>
    openNursery(async (nursery) => {
      let gaveUp = 0;
      const flood = async (stream: SocketStream): Promise<void> => {
        if (textOf(await stream.receiveSome()) !== 'flood') return echo(stream);
        const done = await moveOnAfter(30, async () => {
          for (;;) await stream.sendAll(Buffer.alloc(1 << 20));
        });
        if (done === undefined) gaveUp++;
      };
      const [listener] = await nursery.start<SocketListener[]>((taskStatus) =>
        serveTcp(flood, 0, { host: '127.0.0.1', taskStatus }),
      );
      const reader = connect(listener!.port, '127.0.0.1').on('error', () => undefined);
      reader.pause();
      reader.write('flood');
      await sleep(10);
      await using other = await openTcpStream('127.0.0.1', listener!.port);
      await other.sendAll('hello');
      await sleep(2);
      await other.sendAll('x');
      expect(textOf(await other.receiveSome())).toBe('x');
      while (gaveUp === 0) await sleep(5);
      reader.destroy();
      nursery.cancelScope.cancel();
    }),
  ),
);

it(
  'a client that sends a byte now and then is ended by the deadline of its handler',
  realRun(() =>
    openNursery(async (nursery) => {
      const impatient = async (stream: SocketStream): Promise<void> => {
        await moveOnAfter(40, async () => {
          let line = '';
          while (!line.endsWith('\n')) line += textOf(await stream.receiveSome());
        });
      };
      const [listener] = await nursery.start<SocketListener[]>((taskStatus) =>
        serveTcp(impatient, 0, { host: '127.0.0.1', taskStatus }),
      );
      const slow = await openTcpStream('127.0.0.1', listener!.port);
      const drip = async (): Promise<void> => {
        for (;;) {
          await slow.sendAll('x');
          await sleep(5);
        }
      };
      await expect(drip()).rejects.toThrow(BrokenResourceError);
      await closeForcefully(slow);
      nursery.cancelScope.cancel();
    }),
  ),
);
