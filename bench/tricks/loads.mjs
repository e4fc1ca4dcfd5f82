// The clients of the applications: as little as can be. Each does a fixed amount of work.
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const MIB = 2 ** 20;
const content = Buffer.alloc(MIB, 'tercet');
const request = Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n');
const tcp = (port) => connect({ port, host: '127.0.0.1', noDelay: true });

/** Sends `question` again and again over 50 connections, each time when the answer is complete. */
const askAgain = (question, isAnswered, count) => async (port) => {
  let left = count;
  await inParallel(50, async () => {
    const socket = tcp(port);
    let received = '';
    socket.setEncoding('latin1').on('data', (text) => {
      received += text;
      if (!isAnswered(received)) return;
      received = '';
      if (left-- > 0) socket.write(question);
      else socket.destroy();
    });
    socket.write(question);
    await once(socket, 'close');
  });
};

/** Over 4 connections, gets and stores files of a MiB in turn. */
const moveFiles = (open, count) => async (port) => {
  await inParallel(4, async () => {
    const socket = open(port);
    for (let done = 0; done < count; done++) {
      socket.write('r');
      await receive(socket, MIB);
      socket.write('w');
      socket.write(content);
      await receive(socket, 1);
    }
    socket.end();
  });
};

/** By application. One that is missing needs no clients. */
export const LOADS = {
  echo: askAgain(Buffer.alloc(64, 'x'), ({ length }) => length === 64, 20_000),
  http: askAgain(request, (text) => text.endsWith('"end"}'), 20_000),
  files: moveFiles(tcp, 15),
  'files over TLS': moveFiles((port) => connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }), 20),
};

async function receive(socket, size) {
  for (let left = size; left > 0;) {
    const chunk = socket.read();
    if (chunk === null) await once(socket, 'readable');
    else left -= chunk.length;
  }
}

function inParallel(count, work) {
  return Promise.all(Array.from({ length: count }, work));
}
