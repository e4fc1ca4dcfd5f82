import { expect, it } from '@jest/globals';
import { abortable, all, moveOnAfter, sleep } from '@tercet/core';
import { SystemClock } from '@tercet/core/lowlevel';
import { memoryStreamOneWayPair, testRun } from '@tercet/testing';
import { closeForcefully, fromWebReadable, fromWebWritable, toWebReadable, toWebWritable } from '../../src/index.ts';

it(
  'a Response gets its body from a stream',
  testRun(async () => {
    const [sender, receiver] = memoryStreamOneWayPair();
    const response = new Response(toWebReadable(receiver) as unknown as string);
    const [body] = await all([
      () => abortable(() => response.text()),
      async () => {
        for (let i = 0; i < 100; i++) await sender.sendAll(`${i},`);
        await sender.close();
      },
    ]);
    expect(body).toBe(Array.from({ length: 100 }, (_, i) => `${i},`).join(''));
  }),
);

it(
  'the body of a Response is a stream',
  testRun(async () => {
    const body = 'x'.repeat(300_000);
    const stream = fromWebReadable(new Response(body).body as unknown as Parameters<typeof fromWebReadable>[0]);
    let size = 0;
    for await (const chunk of stream) size += chunk.length;
    expect(size).toBe(body.length);
    await stream.close();
  }),
);

it(
  'bytes piped into a writable stream of the web arrive, and closing it closes the stream',
  testRun(async () => {
    const [sender, receiver] = memoryStreamOneWayPair();
    const body = new Response('hello').body!;
    const [, received] = await all([
      () => abortable(() => body.pipeTo(toWebWritable(sender) as unknown as WritableStream<Uint8Array>)),
      async () => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of receiver) chunks.push(chunk);
        return Buffer.concat(chunks).toString();
      },
    ]);
    expect(received).toBe('hello');
  }),
);

it(
  'cancelling a web stream closes the stream',
  testRun(async () => {
    const [sender, receiver] = memoryStreamOneWayPair();
    const web = toWebReadable(receiver);
    await abortable(() => web.cancel());
    await expect(
      (async () => {
        for (;;) await sender.sendAll('x');
      })(),
    ).rejects.toThrow('closed');
  }),
);

it(
  'STR-012: a web stream is aborted, and not closed, when a send was cancelled or the stream is closed forcefully',
  testRun(
    async () => {
      for (const way of ['cancelled', 'forcefully']) {
        const log: string[] = [];
        const web = new WritableStream<Uint8Array>({
          write: () => new Promise((resolve) => setTimeout(resolve, way === 'cancelled' ? 50 : 0)),
          close: () => void log.push('close'),
          abort: () => void log.push('abort'),
        });
        const out = fromWebWritable(web);
        await moveOnAfter(10, () => out.sendAll('half of a body'));
        if (way === 'cancelled') await out.close();
        else await closeForcefully(out);
        while (log.length === 0) await sleep(1);
        await sleep(1);
        expect([way, log]).toEqual([way, ['abort']]);
      }
    },
    { clock: () => new SystemClock() },
  ),
);
