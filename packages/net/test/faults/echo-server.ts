import { expect } from '@jest/globals';
import { BrokenResourceError, openNursery, sleep } from '@tercet/core';
import { currentStatistics } from '@tercet/core/lowlevel';
import { openTcpStream, serveTcp } from '../../src/index.ts';
import type { SocketListener, SocketStream } from '../../src/index.ts';
import { textOf } from '../system-clock.ts';

/** Sends back what comes, until the client ends or is gone. */
export async function echo(stream: SocketStream): Promise<void> {
  try {
    for await (const chunk of stream) await stream.sendAll(chunk);
  } catch (error) {
    if (!(error instanceof BrokenResourceError)) throw error;
  }
}

/** Asks a server for an answer. */
export async function stillEchoes(port: number): Promise<void> {
  await using stream = await openTcpStream('127.0.0.1', port);
  await stream.sendAll('still there?');
  expect(textOf(await stream.receiveSome())).toBe('still there?');
}

/**
 * Lets `body` do to a server that echoes what it likes; then the server must still answer.
 *
 * @returns the tasks, waits and handles that there were before, and that there are when nothing of it is left, or 20 s later.
 */
export async function withEchoServer(
  body: (port: number) => Promise<void>,
): Promise<{ before: string; after: string }> {
  return await openNursery(async (nursery) => {
    const [listener] = await nursery.start<SocketListener[]>((taskStatus) =>
      serveTcp(echo, 0, { host: '127.0.0.1', taskStatus }),
    );
    const before = leftovers();
    await body(listener!.port);
    await stillEchoes(listener!.port);
    for (let waited = 0; leftovers() !== before && waited < 2000; waited++) await sleep(10);
    const after = leftovers();
    nursery.cancelScope.cancel();
    return { before, after };
  });
}

function leftovers(): string {
  const { tasksLiving, operationsWaiting, deadlines } = currentStatistics();
  const handles = process.getActiveResourcesInfo().filter((name) => /TCP|Pipe/.test(name));
  return `${tasksLiving} tasks, ${operationsWaiting} operations, ${deadlines} deadlines, ${handles.sort().join(' ')}`;
}
