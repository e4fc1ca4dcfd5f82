import { expect, it } from '@jest/globals';
import { openNursery } from '@tercet/core';
import { openTcpStream, serveTcp } from '../../src/index.ts';
import type { SocketListener, SocketStream } from '../../src/index.ts';
import { realRun, textOf } from '../system-clock.ts';

async function echo(stream: SocketStream): Promise<void> {
  for await (const chunk of stream) await stream.sendAll(chunk);
}

it(
  'LSN-007: start gives the listeners, the server echoes, and a cancel ends it',
  realRun(async () => {
    await openNursery(async (nursery) => {
      const listeners = await nursery.start<SocketListener[]>((taskStatus) =>
        serveTcp(echo, 0, { host: '127.0.0.1', taskStatus }),
      );
      expect(listeners).toHaveLength(1);
      await using stream = await openTcpStream('127.0.0.1', listeners[0]!.port);
      await stream.sendAll('hello');
      expect(textOf(await stream.receiveSome())).toBe('hello');
      await stream.sendEof();
      expect(await stream.receiveSome()).toBeNull();
      nursery.cancelScope.cancel();
    });
  }),
);

it(
  'LSN-007: after a cancel the port is free, and connections are closed',
  realRun(async () => {
    let port = 0;
    let client: SocketStream | undefined = undefined;
    await openNursery(async (nursery) => {
      const [listener] = await nursery.start<SocketListener[]>((taskStatus) =>
        serveTcp(echo, 0, { host: '127.0.0.1', taskStatus }),
      );
      ({ port } = listener!);
      client = await openTcpStream('127.0.0.1', port);
      await client.sendAll('x');
      await client.receiveSome();
      nursery.cancelScope.cancel();
    });
    expect(await client!.receiveSome()).toBeNull();
    await client!.close();
    await expect(openTcpStream('127.0.0.1', port)).rejects.toThrow('ECONNREFUSED');
  }),
);
