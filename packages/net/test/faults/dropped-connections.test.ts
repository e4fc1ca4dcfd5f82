import { expect, it } from '@jest/globals';
import { BrokenResourceError, moveOnAfter, openNursery, sleep } from '@tercet/core';
import { closeForcefully } from '@tercet/streams';
import { connect } from 'node:net';
import { openTcpStream, serveTcp } from '../../src/index.ts';
import type { SocketListener, SocketStream } from '../../src/index.ts';
import { realRun, textOf } from '../system-clock.ts';

import { dropConnections, randomFrom } from './drop-connections.ts';
import { echo, withEchoServer } from './echo-server.ts';

it(
  'a server outlives clients that go away in every state, and nothing of them remains',
  // Ten thousand of them: `npm run soak -w packages/net`.
  realRun(async () => {
    const { before, after } = await withEchoServer((port) => dropConnections(port, 500, randomFrom(1)));
    expect(after).toBe(before);
  }),
);

it(
  'a client that never reads holds up its own handler only, and that can be cancelled',
  realRun(() =>
    openNursery(async (nursery) => {
      let gaveUp = 0;
      const flood = async (stream: SocketStream): Promise<void> => {
        if (textOf(await stream.receiveSome()) !== 'flood') {
          await stream.sendAll('ready');
          return echo(stream);
        }
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
      expect(textOf(await other.receiveSome())).toBe('ready');
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
