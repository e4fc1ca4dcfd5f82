import { once } from 'node:events';
import { connect } from 'node:net';
import * as tls from 'node:tls';

/** A connection, once it is there. It never throws because of its peer. */
export async function open(port, connectIt = (at) => connect(at, '127.0.0.1')) {
  const socket = connectIt(port);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** A connection with TLS to a port of this machine, before its handshake. */
export function connectTls(port, options) {
  return tls.connect({ port, host: '127.0.0.1', ...options });
}

/** Sends text and waits until as much has come back. @returns whether it has. */
export function echoed(port, text = 'x'.repeat(64), options) {
  return new Promise((resolve) => {
    const socket = options === undefined ? connect(port, '127.0.0.1') : connectTls(port, options);
    let left = text.length;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      left -= bytes.length;
      if (left <= 0) socket.end();
    });
    socket.on('close', () => resolve(left <= 0));
    socket.write(text);
  });
}

/** Does something a number of times, several at a time. @returns the results. */
export async function times(count, atATime, body) {
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < count) results.push(await body(next++));
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return results;
}

/** Whether a socket has been closed by its peer. */
export const isClosed = (socket) => socket.readyState === 'closed' || socket.destroyed || socket.readableEnded;
