import { all, failAfter, openNursery, race, run, sleep } from '@tercet/core';
import { ContextVar } from '@tercet/context';
import { Path } from '@tercet/fs';
import { openTcpStream } from '@tercet/net';
import { runInWorker, remote } from '@tercet/parallel';
import { map, pipeline } from '@tercet/pipeline';
import { runProcess } from '@tercet/proc';
import { fromReadable } from '@tercet/streams';
import { asSafeChannel, Lock, openMemoryChannel } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { Readable } from 'node:stream';

const requestId = new ContextVar<number>('request id', { default: 0 });
const lock = new Lock();

const numbers = asSafeChannel(async function* (limit: number) {
  for (let number = 0; number < limit; number++) yield number;
});

export async function main(): Promise<readonly [number, string]> {
  using _ = requestId.set(1);
  const [send, receive] = openMemoryChannel<string>(1);
  await openNursery(async (nursery) => {
    nursery.startSoon((text: string) => send.send(text), 'text');
    const first: string = await receive.receive();
    console.log(first);
  });
  using _held = await lock.acquire();
  const sum: number = await numbers(3, async (channel) => {
    let total = 0;
    for await (const number of channel) total += number;
    return total;
  });
  for await (const entry of new Path('.').iterdir()) console.log(entry.name);
  const { exitCode } = await runProcess('true');
  await using stream = await failAfter({ seconds: 1 }, () => openTcpStream('localhost', 80));
  await stream.sendAll('GET / HTTP/1.0\r\n\r\n');
  for await (const chunk of fromReadable(Readable.from(['text']))) console.log(chunk.length);
  const doubled: number[] = await pipeline(
    [1, 2],
    map((item) => item * 2),
  ).toArray();
  const platform: NodeJS.Platform = await runInWorker(remote<typeof import('node:os')>('node:os').platform);
  console.log(doubled, platform);
  await race([() => sleep(1), () => sleep(2)]);
  return await all([() => sum + (exitCode ?? 0), async () => 'text']);
}

export const test: () => Promise<void> = testRun(() => main());

void run(main);
