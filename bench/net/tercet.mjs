// @tercet/net: as it is used (tercet), with the lending read (lend), on nothing but documented API of Node (public), and
// TLS over a stream that is no socket (any).
import net from 'node:net';
import { once } from 'node:events';
import { createSecureContext } from 'node:tls';
import { openNursery, run } from '@tercet/core';
import {
  openTcpListeners,
  openTcpStream,
  openUnixListener,
  openUnixSocket,
  serveListeners,
  SocketStream,
  TlsStream,
} from '@tercet/net';
import { StapledStream } from '@tercet/streams';

async function closing(stream, body) {
  try {
    await body(stream);
  } finally {
    await stream.close();
  }
}

// Lets TLS see a stream like any other.
function secure(stream, kind, options) {
  return new TlsStream(kind === 'any' ? new StapledStream(stream, stream) : stream, options);
}

export function make(kind) {
  const connectPlain =
    kind === 'public'
      ? async (target) => {
          const socket = net.connect({ ...target, noDelay: true, allowHalfOpen: true });
          await once(socket, 'connect');
          return new SocketStream(socket);
        }
      : (target) => (target.path === undefined ? openTcpStream(target.host, target.port) : openUnixSocket(target.path));
  const connect = async (target) => {
    const stream = await connectPlain(target);
    if (target.tls === undefined) return stream;
    const client = secure(stream, kind, { ca: target.tls.cert, serverHostname: 'localhost' });
    await client.doHandshake();
    return client;
  };

  async function listen(target, handle) {
    const context = target.tls && createSecureContext(target.tls);
    const handler =
      target.tls === undefined
        ? handle
        : (stream) => closing(secure(stream, kind, { secureContext: context, serverSide: true }), handle);
    if (kind === 'public') return listenPublicly(target, handler);
    return await new Promise((resolve, reject) => {
      run(async () => {
        const listeners =
          target.path === undefined
            ? await openTcpListeners(0, { host: '127.0.0.1' })
            : [await openUnixListener(target.path)];
        resolve({ port: listeners[0].port });
        await serveListeners(handler, listeners);
      }).catch(reject);
    });
  }

  // Node makes the sockets of its servers itself; they come to a task by a queue.
  async function listenPublicly(target, handler) {
    const server = net.createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true, highWaterMark: 1 });
    server.listen(target.path === undefined ? { port: 0, host: '127.0.0.1' } : target);
    await once(server, 'listening');
    server.on('connection', (socket) => {
      run(async () => {
        await closing(new SocketStream(socket), handler);
      }).catch(() => undefined);
    });
    return { port: server.address().port ?? 0 };
  }

  return {
    sink: (target, report) =>
      listen(target, async (stream) => {
        let bytes = 0;
        let begin;
        if (kind === 'lend') {
          const room = new Uint8Array(65_536);
          for (let size; (size = await stream.receiveInto(room)) !== null;) {
            begin ??= report.start();
            bytes += size;
          }
        } else {
          for (let chunk; (chunk = await stream.receiveSome()) !== null;) {
            begin ??= report.start();
            bytes += chunk.length;
          }
        }
        report.done(bytes, begin);
      }),

    source: (target, { chunk, bytes }) =>
      run(async () => {
        const data = Buffer.alloc(chunk, 'x');
        await closing(await connect(target), async (stream) => {
          for (let left = Math.ceil(bytes / chunk); left > 0; left--) await stream.sendAll(data);
        });
      }),

    echo: (target) =>
      listen(target, async (stream) => {
        for (let chunk; (chunk = await stream.receiveSome()) !== null;) await stream.sendAll(chunk);
      }),

    pingPong: (target, { connections, size, milliseconds }) =>
      run(async () => {
        const data = Buffer.alloc(size, 'x');
        let trips = 0;
        const end = performance.now() + milliseconds;
        await openNursery((nursery) => {
          for (let i = 0; i < connections; i++) {
            nursery.startSoon(async () => {
              await closing(await connect(target), async (stream) => {
                while (performance.now() < end) {
                  await stream.sendAll(data);
                  for (let received = 0; received < size;) received += (await stream.receiveSome()).length;
                  trips++;
                }
              });
            });
          }
        });
        return trips;
      }),

    acceptAndClose: (target) =>
      listen(target, async (stream) => {
        while ((await stream.receiveSome()) !== null);
      }),

    hold: (target, report, { connections }) => {
      let count = 0;
      return listen(target, async (stream) => {
        if (++count === connections) report.held(connections);
        await stream.receiveSome();
      });
    },

    connectAndClose: (target, { connections, milliseconds }) =>
      run(async () => {
        let count = 0;
        const end = performance.now() + milliseconds;
        await openNursery((nursery) => {
          for (let i = 0; i < connections; i++) {
            nursery.startSoon(async () => {
              while (performance.now() < end) {
                const stream = await connect(target);
                await stream.sendEof();
                await stream.receiveSome();
                await stream.close();
                count++;
              }
            });
          }
        });
        return count;
      }),
  };
}
