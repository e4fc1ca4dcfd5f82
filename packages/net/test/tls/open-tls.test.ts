import { expect, it } from '@jest/globals';
import { BrokenResourceError, openNursery } from '@tercet/core';
import { closeForcefully } from '@tercet/streams';
import { openTlsListeners, openTlsStream, serveTls, SocketListener, TlsListener } from '../../src/index.ts';
import { setHostnameResolver } from '../../src/testing.ts';
import type { TcpTlsListener, TlsStream } from '../../src/index.ts';
import { realRun, textOf } from '../system-clock.ts';
import { authority, identity } from './tls-pairs.ts';

async function echo(stream: TlsStream): Promise<void> {
  try {
    for await (const chunk of stream) await stream.sendAll(chunk);
    await stream.close();
  } catch (error) {
    if (!(error instanceof BrokenResourceError)) throw error;
  }
}

it(
  'SSH-001: without trust and for another host the handshake fails; for the right one the server echoes',
  realRun(async () => {
    setHostnameResolver({ resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
    await openNursery(async (nursery) => {
      const [listener] = await nursery.start<TcpTlsListener[]>((taskStatus) =>
        serveTls(echo, 0, { ...identity, host: '127.0.0.1', taskStatus, onHandlerError: () => undefined }),
      );
      const { port } = listener!;
      const untrusting = await openTlsStream('server.example', port);
      await expect(untrusting.doHandshake()).rejects.toThrow(BrokenResourceError);
      await closeForcefully(untrusting);
      const misled = await openTlsStream('other.example', port, { ca: authority.cert });
      await expect(misled.doHandshake()).rejects.toThrow(BrokenResourceError);
      await closeForcefully(misled);
      const stream = await openTlsStream('server.example', port, { ca: authority.cert });
      await stream.sendAll('x');
      expect(textOf(await stream.receiveSome())).toBe('x');
      expect(stream.transport.remoteAddress.port).toBe(port);
      await stream.close();
      const byAddress = await openTlsStream('127.0.0.1', port, { ca: authority.cert });
      await byAddress.doHandshake();
      await byAddress.close();
      nursery.cancelScope.cancel();
    });
  }),
);

it(
  'SSH-002: listeners are TlsListeners over SocketListeners; wrong certificates are refused before it listens',
  realRun(async () => {
    const listeners = await openTlsListeners(0, { ...identity, host: '127.0.0.1' });
    for (const listener of listeners) {
      expect(listener).toBeInstanceOf(TlsListener);
      expect(listener.transport).toBeInstanceOf(SocketListener);
      await listener.close();
    }
    await expect(openTlsListeners(0, { cert: 'none', key: 'none' })).rejects.toThrow('PEM');
  }),
);
