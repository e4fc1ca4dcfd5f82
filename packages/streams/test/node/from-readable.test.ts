import { expect, it } from '@jest/globals';
import {
  BrokenResourceError,
  BusyResourceError,
  CancelScope,
  ClosedResourceError,
  openNursery,
  sleepForever,
} from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { assertCheckpoints, testRun } from '@tercet/testing';
import { PassThrough, Readable } from 'node:stream';
import { closeForcefully, fromReadable } from '../../src/index.ts';
import type { ReceiveStream } from '../../src/index.ts';

async function readText(stream: ReceiveStream): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

it(
  'G-82: returns the bytes of the stream, and then its end every time',
  testRun(async () => {
    const stream = fromReadable(Readable.from([Buffer.from('ab'), Buffer.from('cd')], { objectMode: false }));
    expect(await readText(stream)).toBe('abcd');
    expect(await stream.receiveSome()).toBeNull();
    await assertCheckpoints(() => stream.receiveSome());
  }),
);

it(
  'STR-004: returns at most maxBytes bytes, and checks maxBytes',
  testRun(async () => {
    const source = new PassThrough();
    const stream = fromReadable(source);
    source.write('abcdef');
    await waitAllTasksBlocked();
    expect((await stream.receiveSome(4))?.length).toBe(4);
    expect((await stream.receiveSome(4))?.length).toBe(2);
    await expect(stream.receiveSome(0)).rejects.toThrow(RangeError);
    await expect(stream.receiveSome(1.5)).rejects.toThrow(TypeError);
    await stream.close();
  }),
);

it(
  'gives a waiting receiver no more than it asked for, and keeps the rest',
  testRun(async () => {
    const source = new PassThrough();
    const stream = fromReadable(source);
    await openNursery(async (nursery) => {
      const first = nursery.startSoon(() => stream.receiveSome(2));
      await waitAllTasksBlocked();
      source.end('abcdef');
      expect(Buffer.from((await first.result())!).toString()).toBe('ab');
    });
    expect(await readText(stream)).toBe('cdef');
  }),
);

it(
  'STR-005: a second receiver is refused, and the first one goes on',
  testRun(async () => {
    const source = new PassThrough();
    const stream = fromReadable(source);
    await openNursery(async (nursery) => {
      const first = nursery.startSoon(() => stream.receiveSome());
      await waitAllTasksBlocked();
      await expect(stream.receiveSome()).rejects.toThrow(
        new BusyResourceError('receiveSome(): another task is receiving from the stream'),
      );
      source.write('x');
      expect((await first.result())?.length).toBe(1);
    });
    await stream.close();
  }),
);

it(
  'G-2: a cancelled receive loses nothing',
  testRun(async () => {
    const source = new PassThrough();
    const stream = fromReadable(source);
    await openNursery(async (nursery) => {
      nursery.startSoon(() => stream.receiveSome());
      await waitAllTasksBlocked();
      nursery.cancelScope.cancel();
    });
    source.end('x');
    expect(await readText(stream)).toBe('x');
  }),
);

it(
  'STR-014: receiving in a cancelled scope takes nothing',
  testRun(async () => {
    const source = new PassThrough();
    const stream = fromReadable(source);
    source.end('x');
    await waitAllTasksBlocked();
    const scope = new CancelScope();
    scope.cancel();
    await scope.run(() => stream.receiveSome());
    expect(scope.cancelledCaught).toBe(true);
    expect(await readText(stream)).toBe('x');
  }),
);

it(
  'STR-015: close fails a receiver that waits, and later ones as well',
  testRun(async () => {
    const source = new PassThrough();
    const stream = fromReadable(source);
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await expect(stream.receiveSome()).rejects.toThrow(ClosedResourceError);
      });
      await waitAllTasksBlocked();
      await stream.close();
    });
    await expect(stream.receiveSome()).rejects.toThrow(ClosedResourceError);
    await assertCheckpoints(() => stream.close());
    expect(source.destroyed).toBe(true);
  }),
);

it(
  'an error breaks the stream after the bytes that came before',
  testRun(async () => {
    const source = new PassThrough();
    const stream = fromReadable(source);
    source.write('x');
    await waitAllTasksBlocked();
    const error = new Error('no more');
    source.destroy(error);
    await waitAllTasksBlocked();
    expect((await stream.receiveSome())?.length).toBe(1);
    for (let i = 0; i < 2; i++) {
      const thrown = await stream.receiveSome().catch((e: unknown) => e);
      expect(thrown).toBeInstanceOf(BrokenResourceError);
      expect((thrown as Error).cause).toBe(error);
    }
    await closeForcefully(stream);
  }),
);

it(
  'the stream is broken when other code destroys it, also for a task that waits',
  testRun(async () => {
    const source = new PassThrough();
    const stream = fromReadable(source);
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await expect(stream.receiveSome()).rejects.toThrow(BrokenResourceError);
      });
      await waitAllTasksBlocked();
      source.destroy();
    });
    await expect(fromReadable(source).receiveSome()).rejects.toThrow(BrokenResourceError);
  }),
);

it(
  'a readable that has ended already makes a stream that has ended',
  testRun(async () => {
    const source = Readable.from([Buffer.from('x')], { objectMode: false });
    for await (const _ of source);
    expect(await fromReadable(source).receiveSome()).toBeNull();
  }),
);

it(
  'reads ahead up to a limit, and goes on when those bytes have been received',
  testRun(async () => {
    let produced = 0;
    const total = 100;
    const source = new Readable({
      highWaterMark: 10_000,
      read() {
        this.push(produced++ < total ? Buffer.alloc(10_000) : null);
      },
    });
    const stream = fromReadable(source);
    await waitAllTasksBlocked(5);
    expect(produced).toBeLessThan(12);
    let bytes = 0;
    for await (const chunk of stream) bytes += chunk.length;
    expect(bytes).toBe(total * 10_000);
  }),
);

it(
  'takes strings in the encoding of the stream',
  testRun(async () => {
    const source = new PassThrough();
    source.setEncoding('hex');
    source.end('abc');
    expect(await readText(fromReadable(source))).toBe('abc');
  }),
);

it(
  'reads a stream that has been paused',
  testRun(async () => {
    const source = new PassThrough();
    source.pause();
    source.end('abc');
    expect(await readText(fromReadable(source))).toBe('abc');
  }),
);

it('refuses values that are not streams of bytes', () => {
  expect(() => fromReadable({} as Readable)).toThrow(
    new TypeError('fromReadable() takes a readable stream of Node, not an Object'),
  );
  expect(() => fromReadable(Readable.from(['a']))).toThrow(/object mode/);
});

it(
  'await using destroys the stream of a cancelled task',
  testRun(async () => {
    const source = new PassThrough();
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await using stream = fromReadable(source);
        await stream.receiveSome();
      });
      nursery.startSoon(sleepForever);
      await waitAllTasksBlocked();
      nursery.cancelScope.cancel();
    });
    expect(source.destroyed).toBe(true);
  }),
);
