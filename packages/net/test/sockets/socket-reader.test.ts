import { expect, it } from '@jest/globals';
import { openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/testing';
import { Socket } from 'node:net';
import { SocketReader } from '../../src/sockets/socket-reader.ts';
import { realRun } from '../system-clock.ts';

const FAST = 64 * 1024;

/** A reader, and what Node would do with it. */
function makeReader(): { reader: SocketReader; socket: Socket; read(size: number): Promise<boolean> } {
  const reader = new SocketReader();
  const socket = new Socket();
  reader.attach(socket, false);
  const { buffer, callback } = reader.onread;
  const shared = buffer();
  /** Reads so many bytes for a task that waits for any. @returns whether the next read goes to memory of its own. */
  const read = async (size: number): Promise<boolean> => {
    await openNursery(async (nursery) => {
      nursery.startSoon(() => reader.buffer.receive());
      await waitAllTasksBlocked();
      callback(size, buffer());
    });
    return buffer() !== shared;
  };
  return { reader, socket, read };
}

async function close(socket: Socket): Promise<void> {
  if (!socket.destroyed) await new Promise((resolve) => socket.on('close', resolve).destroy());
}

it(
  'a fast connection gets a buffer, and returns it when little comes or it is closed',
  realRun(async () => {
    const all = Array.from({ length: 33 }, makeReader);
    const readers = all.slice(0, 32);
    const late = all[32]!;
    for (const each of readers) expect(await each.read(FAST)).toBe(true);
    expect(await late.read(FAST)).toBe(false);

    expect(await readers[0]!.read(100)).toBe(false);
    expect(await late.read(FAST)).toBe(true);

    expect(await readers[0]!.read(FAST)).toBe(false);
    await close(readers[1]!.socket);
    expect(await readers[0]!.read(FAST)).toBe(true);
    for (const { socket } of all) await close(socket);
    const last = makeReader();
    expect(await last.read(FAST)).toBe(true);
    await close(last.socket);
  }),
);

it(
  'a connection gets no buffer when no task waits, or when a task takes only a part',
  realRun(async () => {
    const { reader, socket } = makeReader();
    const { buffer, callback } = reader.onread;
    const shared = buffer();
    callback(FAST, shared);
    expect(buffer()).toBe(shared);
    expect(await reader.buffer.receive()).toHaveLength(FAST);
    await openNursery(async (nursery) => {
      nursery.startSoon(() => reader.buffer.receive(1000));
      await waitAllTasksBlocked();
      callback(FAST, shared);
    });
    expect(buffer()).toBe(shared);
    await close(socket);
  }),
);
