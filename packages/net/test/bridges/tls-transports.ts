import { StapledStream } from '@tercet/streams';
import { openTcpStream, openTlsStream, serveTcp, serveTls, TlsStream } from '../../src/index.ts';
import type { SocketListener, TcpTlsListener } from '../../src/index.ts';
import { authority, identity } from '../tls/tls-pairs.ts';
import type { Transport } from './http-load.ts';

// HTTP knows by itself whether a message is complete, and destroys connections that it needs no more.
const ours = { ...identity, httpsCompatible: true };
const theirs = { ca: authority.cert, serverHostname: '127.0.0.1', httpsCompatible: true };

/** Over TLS on sockets. */
export const tls: Transport<TcpTlsListener> = {
  serve: (handler, taskStatus) => serveTls(handler, 0, { ...ours, host: '127.0.0.1', taskStatus }),
  connect: (listener) => openTlsStream('127.0.0.1', listener.port, theirs),
};

/** Over TLS whose records go through JavaScript. */
export const tlsOverStreams: Transport<SocketListener> = {
  serve: (handler, taskStatus) =>
    serveTcp((tcp) => handler(new TlsStream(new StapledStream(tcp, tcp), { ...ours, serverSide: true })), 0, {
      host: '127.0.0.1',
      taskStatus,
    }),
  async connect(listener) {
    const tcp = await openTcpStream('127.0.0.1', listener.port);
    return new TlsStream(new StapledStream(tcp, tcp), theirs);
  },
};
