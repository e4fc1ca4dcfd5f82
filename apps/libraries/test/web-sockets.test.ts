import { expect, it } from '@jest/globals';
import { abortable, moveOnAfter, once, openNursery, openPortal, rethrowIfCancelled, sleep } from '@tercet/core';
import { openBroadcastChannel, receiveEvents } from '@tercet/sync';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { realRun } from './real-run.ts';

const KILOBYTES_64 = 'x'.repeat(1 << 16);

/** Sends a message, and waits until the socket has taken it: so a slow client holds up the one that sends to it. */
function send(socket: WebSocket, text: string): Promise<void> {
  return abortable(
    (signal) =>
      new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => {
          socket.terminate();
          reject(signal.reason as Error);
        });
        socket.send(text, (error) => (error === undefined || error === null ? resolve() : reject(error)));
      }),
  );
}

const closed = (server: WebSocketServer): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });

it(
  'BC-1: a chat whose slow client loses the oldest messages, and holds up nobody',
  realRun(() =>
    openPortal(async (portal) => {
      const MESSAGES = 300;
      const [room, subscribe] = openBroadcastChannel<string>({ buffer: 10, overflow: 'drop-oldest' });
      const missed: number[] = [];
      const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
      server.on('connection', (socket) => {
        // The library calls back from its own context: the portal makes a task of it.
        portal.spawn(async () => {
          const messages = subscribe();
          try {
            for await (const text of messages) await send(socket, text);
          } catch (error) {
            // A client that goes away ends its own task only.
            if (socket.readyState === WebSocket.OPEN) throw error;
            rethrowIfCancelled(error);
          } finally {
            missed.push(messages.missed);
            messages.close();
            socket.close();
          }
        });
      });
      await once(server, 'listening');
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;

      const fast = new WebSocket(url);
      using received = receiveEvents<[Buffer]>(fast, 'message', { buffer: MESSAGES, end: 'close' });
      const slow = new WebSocket(url);
      await once(fast, 'open');
      await once(slow, 'open');
      // Stops reading, as a browser does whose page is in the background.
      slow.pause();
      while (room.statistics().subscribers < 2) await sleep(1);

      let count = 0;
      await openNursery((nursery) => {
        nursery.startSoon(async () => {
          for (let index = 0; index < MESSAGES; index++) {
            await room.send(`${index} ${KILOBYTES_64}`);
            // As fast as the fast client reads.
            while (count < index - 5) await sleep(0);
          }
          room.close();
        });
        nursery.startSoon(async () => {
          for await (const _message of received) count++;
        });
      });
      expect(count).toBe(MESSAGES);
      slow.terminate();
      while (missed.length < 2) await sleep(1);
      // Twenty megabytes are more than the buffers of the system hold.
      expect(Math.min(...missed)).toBe(0);
      expect(Math.max(...missed)).toBeGreaterThan(0);
      await abortable(() => closed(server));
    }),
  ),
);

it(
  'a client that never reads ends by the deadline of the task that sends to it',
  realRun(() =>
    openPortal(async (portal) => {
      const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
      let ended = false;
      server.on('connection', (socket) => {
        portal.spawn(async () => {
          await moveOnAfter(100, async () => {
            for (;;) await send(socket, KILOBYTES_64);
          });
          ended = true;
        });
      });
      await once(server, 'listening');
      const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
      await once(client, 'open');
      client.pause();
      while (!ended) await sleep(5);
      client.terminate();
      await abortable(() => closed(server));
      expect(server.clients.size).toBe(0);
    }),
  ),
);
