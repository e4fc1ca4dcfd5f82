// @tercet/net: as it is used (tercet), with the lending read (lend), on nothing but what Node documents (public), and
// TLS over a stream that is not a socket (any).
import { createSecureContext } from 'node:tls';
import { openNursery, run } from '@tercet/core';
import {
  openTcpListeners,
  openTcpStream,
  openUnixListener,
  openUnixSocket,
  serveListeners,
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
  const connectPlain = (target) =>
    target.path === undefined ? openTcpStream(target.host, target.port) : openUnixSocket(target.path);
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

  return {
    sink: (target, report) =>
      listen(target, async (stream) => {
        if (kind === 'lend') {
          const room = new Uint8Array(65_536);
          for (let size; (size = await stream.receiveInto(room)) !== null;) report.received(size);
        } else {
          for (let chunk; (chunk = await stream.receiveSome()) !== null;) report.received(chunk.length);
        }
        report.ended();
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

    pingPong: (target, { connections, size }, meter) =>
      inParallel(connections, async () => {
        const data = Buffer.alloc(size, 'x');
        await closing(await connect(target), async (stream) => {
          while (meter.isRunning) {
            await stream.sendAll(data);
            for (let received = 0; received < size;) received += (await stream.receiveSome()).length;
            meter.count();
          }
        });
      }),

    acceptAndClose: (target) =>
      listen(target, async (stream) => {
        while ((await stream.receiveSome()) !== null);
      }),

    hold: (target, report) => {
      let count = 0;
      return listen(target, async (stream) => {
        report.held(++count);
        await stream.receiveSome();
      });
    },

    connectAndClose: (target, { connections }, meter) =>
      inParallel(connections, async () => {
        while (meter.isRunning) {
          const stream = await connect(target);
          await stream.sendEof();
          await stream.receiveSome();
          await stream.close();
          meter.count();
        }
      }),
  };
}

function inParallel(count, task) {
  return run(() =>
    openNursery((nursery) => {
      for (let i = 0; i < count; i++) nursery.startSoon(task);
    }),
  );
}
