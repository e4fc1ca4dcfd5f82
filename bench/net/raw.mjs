// node:net and node:tls as they are used for speed: 'data' events, write and 'drain'.
import net from 'node:net';
import tls from 'node:tls';
import { once } from 'node:events';

export async function listen(target, handler) {
  const server = target.tls
    ? tls.createServer({ noDelay: true, ...target.tls }, handler)
    : net.createServer({ noDelay: true }, handler);
  server.listen(target.path === undefined ? { port: 0, host: '127.0.0.1' } : { path: target.path });
  await once(server, 'listening');
  return { port: server.address().port ?? 0 };
}

async function connect(target) {
  const { tls: identity, ...address } = target;
  const socket = identity
    ? tls.connect({ ...address, noDelay: true, ca: identity.cert, servername: 'localhost' })
    : net.connect({ ...address, noDelay: true });
  await once(socket, identity ? 'secureConnect' : 'connect');
  return socket;
}

/** Counts what one connection brings. */
export function sink(target, report) {
  return listen(target, (socket) => {
    socket.on('data', (chunk) => report.received(chunk.length));
    socket.on('end', () => report.ended());
  });
}

export async function source(target, { chunk, bytes }) {
  const socket = await connect(target);
  const data = Buffer.alloc(chunk, 'x');
  let left = Math.ceil(bytes / chunk);
  const { promise, resolve } = withResolvers();
  const send = () => {
    while (left > 0) {
      left--;
      if (!socket.write(data)) return void socket.once('drain', send);
    }
    socket.end(resolve);
  };
  send();
  await promise;
}

export function echo(target) {
  return listen(target, (socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined);
  });
}

export async function pingPong(target, { connections, size }, meter) {
  const data = Buffer.alloc(size, 'x');
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = await connect(target);
      const { promise, resolve } = withResolvers();
      let received = 0;
      socket.on('data', (chunk) => {
        received += chunk.length;
        if (received < size) return;
        received = 0;
        meter.count();
        if (meter.isRunning) socket.write(data);
        else {
          socket.destroy();
          resolve();
        }
      });
      socket.write(data);
      await promise;
    }),
  );
}

export function acceptAndClose(target) {
  return listen(target, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    socket.on('end', () => socket.end());
  });
}

export async function connectAndClose(target, { connections }, meter) {
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (meter.isRunning) {
        const socket = await connect(target);
        socket.on('data', () => undefined);
        socket.end();
        await once(socket, 'close');
        meter.count();
      }
    }),
  );
}

/** Keeps all connections, and reports their number. */
export function hold(target, report) {
  let count = 0;
  return listen(target, (socket) => {
    socket.on('data', () => undefined);
    report.held(++count);
  });
}

function withResolvers() {
  let resolve;
  const promise = new Promise((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}
