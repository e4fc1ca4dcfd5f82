import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { closeForcefully } from '@tercet/streams';
import * as net from '../src/index.ts';
import { openListeners, tcpPair } from './pairs.ts';
import { realRun } from './system-clock.ts';
import { authority, identity } from './tls/tls-pairs.ts';

describe('util.inspect', () => {
  it(
    'shows the address of a listener, and whether it is closed',
    realRun(async () => {
      const [listener] = await openListeners(0, { host: '127.0.0.1' });
      const address = `127.0.0.1:${listener!.port}`;
      expect(inspect(listener)).toBe(`<SocketListener the listener on ${address}>`);
      await listener!.close();
      expect(inspect(listener)).toBe(`<SocketListener closed, the listener on ${address}>`);
    }),
  );

  it(
    'shows the address of a TLS listener',
    realRun(async () => {
      const [listener] = await net.openTlsListeners(0, { ...identity, host: '127.0.0.1' });
      await using _closing = listener!;
      expect(inspect(listener)).toBe(`<TlsListener over 127.0.0.1:${listener!.localAddress!.port}>`);
    }),
  );

  it(
    'shows the state of a TLS stream, its ends and the name of the server',
    realRun(async () => {
      const [transport] = await tcpPair();
      const stream = new net.TlsStream(transport, { serverHostname: 'server.example', ca: authority.cert });
      const { localAddress, remoteAddress } = transport;
      const name = `the TLS connection from 127.0.0.1:${localAddress.port} to 127.0.0.1:${remoteAddress.port}`;
      expect(inspect(stream)).toBe(`<TlsStream before the handshake ${name} to server.example>`);
      await closeForcefully(stream);
      expect(inspect(stream)).toBe(`<TlsStream closed ${name} to server.example>`);
    }),
  );

  it(
    'shows the address of a UDP socket, and whether it is closed',
    realRun(async () => {
      const socket = await net.openUdpSocket({ host: '127.0.0.1' });
      expect(inspect(socket)).toBe(`<UdpSocket on 127.0.0.1:${socket.localAddress.port}>`);
      await socket.close();
      expect(inspect(socket)).toBe('<UdpSocket closed>');
    }),
  );
});

const errors = Object.entries<unknown>(net).filter(([, value]) =>
  Object.prototype.isPrototypeOf.call(Error, value as object),
);

it.each(errors)('the name of %s does not depend on a minifier', (name, type) => {
  expect(Object.getOwnPropertyDescriptor((type as typeof Error).prototype, 'name')?.value).toBe(name);
});
