// Clients of the HTTP benchmark: as little as can be, so that the server is what is busy.
import { connect } from 'node:net';
import { once } from 'node:events';

const requestFor = (path) => Buffer.from(`GET ${path} HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n`);
const REQUEST = requestFor('/');
const WAIT = requestFor('/wait');
const END_OF_BODY = '"end"}';
let idle = [];

process.on('message', (message) => void obey(message));

async function obey(message) {
  if (message.load !== undefined) await load(message.load);
  else if (message.connect !== undefined) idle = await open(message.connect);
  else for (const socket of idle) socket.write(WAIT);
  process.send('done');
}

/** Sends requests over a number of connections, on each the next one when the last is answered. */
async function load({ port, connections, requests }) {
  const sockets = await open({ port, connections });
  let left = requests;
  await Promise.all(
    sockets.map(async (socket) => {
      socket.setEncoding('latin1');
      let received = '';
      socket.on('data', (chunk) => {
        received += chunk;
        if (!received.endsWith(END_OF_BODY)) return;
        received = '';
        if (left-- > 0) socket.write(REQUEST);
        else socket.destroy();
      });
      left--;
      socket.write(REQUEST);
      await once(socket, 'close');
    }),
  );
}

async function open({ port, connections }) {
  const sockets = Array.from({ length: connections }, () => connect({ port, host: '127.0.0.1', noDelay: true }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return sockets;
}
