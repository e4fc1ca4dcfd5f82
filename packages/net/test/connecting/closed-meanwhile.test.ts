import { expect, it } from '@jest/globals';
import { createServer, Socket } from 'node:net';
import { openTcpListeners, openTcpStream, openUnixSocket } from '../../src/index.ts';
import { setSocketFactory } from '../../src/testing.ts';
import { realRun } from '../system-clock.ts';

// Sockets and servers that end without an error; waiting for what they should become must end, too.

it(
  'I-3: a socket that is destroyed without an error before it is connected is a connection that has failed',
  realRun(async () => {
    setSocketFactory({ connect: () => new Socket().destroy() });
    await expect(openUnixSocket('/tmp/none')).rejects.toThrow('the socket was closed before it was connected');
    await expect(openTcpStream('127.0.0.1', 9)).rejects.toThrow('the socket was closed before it was connected');
  }),
);

it(
  'I-3: a server that is closed without an error before it listens does not',
  realRun(async () => {
    setSocketFactory({
      createServer: (options) => {
        const server = createServer(options);
        server.listen = (() => {
          setImmediate(() => server.emit('close'));
          return server;
        }) as typeof server.listen;
        return server;
      },
    });
    await expect(openTcpListeners(0, { host: '127.0.0.1' })).rejects.toThrow(
      'the server was closed before it listened',
    );
  }),
);
