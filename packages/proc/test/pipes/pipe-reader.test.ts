import { fromWritable } from '@tercet/streams';
import { describe, expect, it } from '@jest/globals';
import { openNursery, run } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { openMergedPipe } from '../../src/pipes/merged-pipe.ts';
import { PipeReader } from '../../src/pipes/pipe-reader.ts';
import type { PipeSink } from '../../src/pipes/pipe-reader.ts';
import { openPipeStream } from '../../src/pipes/pipe-receive-stream.ts';
import type { PipeReceiveStream } from '../../src/pipes/pipe-receive-stream.ts';
import { realTimeRun } from '../real-time-run.ts';

/** A pipe with both ends in this process: bytes written to it arrive synchronously. */
const openFake = (): { pipe: PassThrough; stream: PipeReceiveStream } => {
  const pipe = new PassThrough();
  return { pipe, stream: openPipeStream(pipe as unknown as Socket, 'the pipe of a test') };
};

/** A sink that has no room until the test makes some. */
class Sink implements PipeSink {
  hasRoom = false;
  size = 0;
  readonly ends: unknown[] = [];

  push(lent: Uint8Array): boolean {
    this.size += lent.length;
    return this.hasRoom;
  }

  end(): void {
    this.ends.push('end');
  }

  fail(error: unknown): void {
    this.ends.push(error);
  }
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe('a reader of a pipe', () => {
  const KIB = 1024;
  const open = (...sinks: Sink[]): { pipe: PassThrough; reader: PipeReader } => {
    const pipe = new PassThrough({ highWaterMark: 1 });
    return { pipe, reader: new PipeReader(pipe as unknown as Socket, sinks) };
  };

  it('passes bytes to every sink, and stops while one of them has no room', async () => {
    const [one, two] = [new Sink(), new Sink()];
    one.hasRoom = true;
    const { pipe, reader } = open(one, two);
    for (let i = 0; i < 4; i++) pipe.write(Buffer.alloc(100));
    await turns();
    expect([one.size, two.size]).toEqual([100, 100]);
    reader.resume();
    await turns();
    expect([one.size, two.size]).toEqual([200, 200]);
    two.hasRoom = true;
    reader.resume();
    await turns();
    expect([one.size, two.size]).toEqual([400, 400]);
    reader.close();
  });

  it('reads up to 1 MiB when the process has ended, even if the sinks have no room', async () => {
    const sink = new Sink();
    const { pipe, reader } = open(sink);
    for (let i = 0; i < 20; i++) pipe.write(Buffer.alloc(100 * KIB));
    await turns();
    expect(sink.size).toBe(100 * KIB);
    reader.takeLeftovers();
    await turns();
    // It stops after the chunk that completes the mebibyte.
    expect(sink.size).toBe(100 * KIB + 1100 * KIB);
    reader.close();
  });

  it('reaches the end of a pipe with less than 1 MiB left, even if the sinks have no room', async () => {
    const sink = new Sink();
    const { pipe, reader } = open(sink);
    for (let i = 0; i < 5; i++) pipe.write(Buffer.alloc(100 * KIB));
    pipe.end();
    reader.takeLeftovers();
    await run(() => reader.end());
    expect([sink.size, sink.ends]).toEqual([500 * KIB, ['end']]);
  });

  it('reports the end to its sinks once', async () => {
    const [one, two] = [new Sink(), new Sink()];
    const { reader } = open(one, two);
    reader.close();
    reader.close();
    await turns();
    expect([one.ends, two.ends]).toEqual(
      Array.from({ length: 2 }, () => [expect.objectContaining({ message: 'the pipe was closed' })]),
    );
  });

  it('wakes all tasks that wait for the end', async () => {
    const sink = new Sink();
    const { pipe, reader } = open(sink);
    await run(() =>
      openNursery(async (nursery) => {
        nursery.startSoon(() => reader.end());
        nursery.startSoon(() => reader.end());
        await waitAllTasksBlocked();
        pipe.end();
      }),
    );
    expect(sink.ends).toEqual(['end']);
  });
});

describe('a pipe', () => {
  it(
    'PIP-002: refuses wrong arguments, and loses nothing',
    realTimeRun(async () => {
      const { source, target } = await openMergedPipe();
      const stream = openPipeStream(source, 'the pipe of a test');
      const sender = fromWritable(target);
      await sender.sendAll('x');
      await expect(stream.receiveSome(0)).rejects.toThrow(RangeError);
      await expect(stream.receiveSome(1.5)).rejects.toThrow(TypeError);
      await expect(stream.receiveSome('1' as never)).rejects.toThrow(TypeError);
      await expect(stream.receiveInto(new Uint8Array(0))).rejects.toThrow(RangeError);
      await expect(stream.receiveInto([] as never)).rejects.toThrow(TypeError);
      await expect(sender.sendAll(7 as never)).rejects.toThrow(TypeError);
      expect(Buffer.from((await stream.receiveSome())!).toString()).toBe('x');
      await sender.close();
      await stream.close();
    }),
  );

  it(
    'PIP-005: fails with ClosedResourceError when it is closed, in the waiting task and afterwards',
    realTimeRun(async () => {
      const { stream } = openFake();
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await expect(stream.receiveSome()).rejects.toMatchObject({ name: 'ClosedResourceError' });
        });
        await waitAllTasksBlocked();
        await stream.close();
      });
      await expect(stream.receiveSome()).rejects.toMatchObject({ name: 'ClosedResourceError' });
    }),
  );

  it(
    'PIP-005: still gives bytes to a task that was woken before the close',
    realTimeRun(async () => {
      const { pipe, stream } = openFake();
      await openNursery(async (nursery) => {
        const received = nursery.startSoon(() => stream.receiveSome());
        await waitAllTasksBlocked();
        pipe.emit('data', Buffer.from('late'));
        await stream.close();
        expect(Buffer.from((await received.result())!).toString()).toBe('late');
      });
    }),
  );

  it(
    'PIP-006: is broken by an unexpected system error, for the waiting task and afterwards',
    realTimeRun(async () => {
      const { pipe, stream } = openFake();
      const cause = Object.assign(new Error('read EIO'), { code: 'EIO' });
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await expect(stream.receiveSome()).rejects.toMatchObject({ name: 'BrokenResourceError', cause });
        });
        await waitAllTasksBlocked();
        pipe.destroy(cause);
      });
      await expect(stream.receiveSome()).rejects.toMatchObject({ name: 'BrokenResourceError', cause });
      await stream.close();
    }),
  );
});
