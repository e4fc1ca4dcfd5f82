import { expect, it } from '@jest/globals';
import { openNursery } from '@tercet/core';
import { SystemClock } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { openTcpStream, serveTcp } from '../../src/index.ts';
import type { SocketListener, SocketStream } from '../../src/index.ts';

const clock = (): SystemClock => new SystemClock();

async function echo(stream: SocketStream): Promise<void> {
  for await (const chunk of stream) await stream.sendAll(chunk);
}

it(
  'LSN-007: start gives the listeners, the server echoes, and a cancel ends it',
  testRun(
    async () => {
      await openNursery(async (nursery) => {
        const listeners = await nursery.start<SocketListener[]>((taskStatus) =>
          serveTcp(echo, 0, { host: '127.0.0.1', taskStatus }),
        );
        expect(listeners).toHaveLength(1);
        await using stream = await openTcpStream('127.0.0.1', listeners[0]!.port);
        await stream.sendAll('hello');
        expect(Buffer.from((await stream.receiveSome())!).toString()).toBe('hello');
        await stream.sendEof();
        expect(await stream.receiveSome()).toBeNull();
        nursery.cancelScope.cancel();
      });
    },
    { clock },
  ),
);
