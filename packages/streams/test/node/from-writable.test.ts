import { expect, it } from '@jest/globals';
import {
  BrokenResourceError,
  BusyResourceError,
  CancelScope,
  checkpoint,
  ClosedResourceError,
  moveOnAfter,
  openNursery,
} from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { assertCheckpoints, testRun } from '@tercet/testing';
import { PassThrough, Writable } from 'node:stream';
import { closeForcefully, fromWritable } from '../../src/index.ts';

/** A sink that finishes a write only when `step` is called. */
class SlowSink extends Writable {
  readonly taken: string[] = [];
  #done: ((error?: Error) => void) | undefined = undefined;

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.taken.push(chunk.toString());
    this.#done = done;
  }

  step(error?: Error): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(error);
  }
}

for (const highWaterMark of [1, 16_384]) {
  it(
    `G-80: sendAll returns when the bytes have been written (high-water mark ${highWaterMark})`,
    testRun(async () => {
      const sink = new SlowSink({ highWaterMark });
      const stream = fromWritable(sink);
      let sent = false;
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await stream.sendAll('ab');
          sent = true;
        });
        await waitAllTasksBlocked();
        expect(sink.taken).toEqual(['ab']);
        expect(sent).toBe(false);
        sink.step();
      });
      expect(sent).toBe(true);
      await closeForcefully(stream);
    }),
  );

  it(
    `STR-017: a second task is refused while the first one sends (high-water mark ${highWaterMark})`,
    testRun(async () => {
      const sink = new SlowSink({ highWaterMark });
      const stream = fromWritable(sink);
      await openNursery(async (nursery) => {
        nursery.startSoon(() => stream.sendAll('ab'));
        await waitAllTasksBlocked();
        await expect(stream.sendAll('cd')).rejects.toThrow(
          new BusyResourceError('sendAll(): another task is sending on the stream'),
        );
        await expect(stream.waitSendAllMightNotBlock()).rejects.toThrow(BusyResourceError);
        sink.step();
      });
      await closeForcefully(stream);
    }),
  );

  it(
    `STR-016: waitSendAllMightNotBlock waits for what is queued already (high-water mark ${highWaterMark})`,
    testRun(async () => {
      const sink = new SlowSink({ highWaterMark });
      sink.write('before');
      const stream = fromWritable(sink);
      let mightSend = false;
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await stream.waitSendAllMightNotBlock();
          mightSend = true;
        });
        await waitAllTasksBlocked();
        expect(mightSend).toBe(false);
        sink.step();
        await waitAllTasksBlocked();
        sink.step();
      });
      expect(mightSend).toBe(true);
      await closeForcefully(stream);
    }),
  );

  it(
    `a cancelled sendAll leaves the stream broken (high-water mark ${highWaterMark})`,
    testRun(async () => {
      const sink = new SlowSink({ highWaterMark });
      const stream = fromWritable(sink);
      await moveOnAfter(10, () => stream.sendAll('ab'));
      for (let i = 0; i < 2; i++) {
        await expect(stream.sendAll('cd')).rejects.toThrow(/a sendAll\(\) was cancelled/);
        await expect(stream.waitSendAllMightNotBlock()).rejects.toThrow(BrokenResourceError);
        sink.step();
        await waitAllTasksBlocked();
      }
      await stream.close();
      expect(sink.taken).toEqual(['ab']);
      expect(sink.destroyed).toBe(true);
    }),
  );

  it(
    `an error of a write is a BrokenResourceError for the task that waits, and from then on (high-water mark ${highWaterMark})`,
    testRun(async () => {
      const sink = new SlowSink({ highWaterMark });
      const stream = fromWritable(sink);
      const cause = new Error('disk full');
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await expect(stream.sendAll('ab')).rejects.toMatchObject({ name: 'BrokenResourceError', cause });
        });
        await waitAllTasksBlocked();
        sink.step(cause);
      });
      await expect(stream.sendAll('ab')).rejects.toMatchObject({ name: 'BrokenResourceError', cause });
      await stream.close();
    }),
  );

  it(
    `close fails a task that is sending (high-water mark ${highWaterMark})`,
    testRun(async () => {
      const sink = new SlowSink({ highWaterMark });
      const stream = fromWritable(sink);
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await expect(stream.sendAll('ab')).rejects.toThrow(ClosedResourceError);
        });
        await waitAllTasksBlocked();
        await closeForcefully(stream);
      });
    }),
  );
}

it(
  'an error that a write reports at once is thrown at once',
  testRun(async () => {
    const cause = new Error('no');
    const sink = new Writable({ write: (_chunk, _encoding, done) => done(cause) });
    await expect(fromWritable(sink).sendAll('ab')).rejects.toMatchObject({ name: 'BrokenResourceError', cause });
  }),
);

it(
  'STR-001, STR-002, STR-003: sends strings and views of every kind, nothing for empty data, and is a checkpoint',
  testRun(async () => {
    const sink = new PassThrough();
    const stream = fromWritable(sink);
    await assertCheckpoints(() => stream.sendAll('a'));
    await assertCheckpoints(() => stream.sendAll(''));
    await assertCheckpoints(() => stream.waitSendAllMightNotBlock());
    await stream.sendAll(new Uint8Array([98]));
    await stream.sendAll(new DataView(new Uint8Array([99, 100]).buffer, 1));
    // From Node 26 on, read() gives one piece at a time.
    expect(sink.read(3)?.toString()).toBe('abd');
    await expect(stream.sendAll(7 as unknown as string)).rejects.toThrow(TypeError);
    await closeForcefully(stream);
  }),
);

it(
  'STR-009: after close every operation that sends fails, and closing again succeeds',
  testRun(async () => {
    const sink = new PassThrough();
    sink.resume();
    const stream = fromWritable(sink);
    await stream.close();
    for (const data of ['x', '']) await expect(stream.sendAll(data)).rejects.toThrow(ClosedResourceError);
    await expect(stream.waitSendAllMightNotBlock()).rejects.toThrow(ClosedResourceError);
    await assertCheckpoints(() => stream.close());
  }),
);

it(
  'STR-010: close waits until the stream has finished',
  testRun(async () => {
    let finished = false;
    const sink = new Writable({
      write: (_chunk, _encoding, done) => done(),
      final: (done) =>
        void setImmediate(() => {
          finished = true;
          done();
        }),
    });
    const stream = fromWritable(sink);
    await stream.sendAll('x');
    await stream.close();
    expect(finished).toBe(true);
  }),
);

it(
  'close throws an error of the last write',
  testRun(async () => {
    const cause = new Error('disk full');
    const sink = new Writable({ write: (_chunk, _encoding, done) => done(), final: (done) => done(cause) });
    await expect(fromWritable(sink).close()).rejects.toMatchObject({ name: 'BrokenResourceError', cause });
  }),
);

it(
  'G-87: close in a cancelled scope destroys the stream and throws Cancelled',
  testRun(async () => {
    const sink = new Writable({ write: (_chunk, _encoding, done) => done(), final: () => undefined });
    const stream = fromWritable(sink);
    const scope = new CancelScope({ relativeDeadline: 10 });
    await scope.run(() => stream.close());
    expect(scope.cancelledCaught).toBe(true);
    expect(sink.destroyed).toBe(true);
  }),
);

it(
  'G-87: a stream that is closed in a cancelled scope, or forcefully, is not ended before',
  testRun(async () => {
    for (const way of ['in a scope', 'forcefully']) {
      let isEnded = false;
      const sink = new Writable({ write: (_chunk, _encoding, done) => done(), final: () => void (isEnded = true) });
      const stream = fromWritable(sink);
      await stream.sendAll('a part');
      await moveOnAfter(10, async (scope) => {
        if (way === 'forcefully') return closeForcefully(stream);
        scope.cancel();
        await stream.close();
      });
      expect([way, isEnded, sink.destroyed, sink.writableEnded]).toEqual([way, false, true, false]);
    }
  }),
);

it(
  'sending fails on a stream that other code has destroyed or ended',
  testRun(async () => {
    const destroyed = new PassThrough();
    destroyed.destroy();
    await expect(fromWritable(destroyed).sendAll('x')).rejects.toThrow(BrokenResourceError);
    const ended = new PassThrough();
    ended.end();
    await expect(fromWritable(ended).sendAll('x')).rejects.toThrow(ClosedResourceError);
  }),
);

it('refuses values that are not streams of bytes', () => {
  expect(() => fromWritable({} as Writable)).toThrow(TypeError);
  expect(() => fromWritable(new PassThrough({ objectMode: true }))).toThrow(/object mode/);
});

it(
  'C-2: close throws a BrokenResourceError for a stream that was destroyed with the Cancelled of another scope',
  testRun(async () => {
    const scope = new CancelScope();
    scope.cancel();
    const cause = await scope.run(() => checkpoint().catch((error: unknown) => error));
    const sink = new Writable({ write: (_chunk, _encoding, done) => done(), final: () => undefined });
    const stream = fromWritable(sink);
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await expect(stream.close()).rejects.toMatchObject({ name: 'BrokenResourceError', cause });
      });
      await waitAllTasksBlocked();
      sink.destroy(cause as Error);
    });
  }),
);

it(
  'a write after the queue has been emptied waits for its bytes only, and not for earlier ones',
  testRun(async () => {
    const sink = new SlowSink({ highWaterMark: 16_384 });
    const stream = fromWritable(sink);
    sink.write('before');
    let sent = false;
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        await stream.sendAll('mine');
        sent = true;
      });
      await waitAllTasksBlocked();
      sink.step();
      await waitAllTasksBlocked();
      expect([sink.taken, sent]).toEqual([['before', 'mine'], false]);
      sink.step();
    });
    expect(sent).toBe(true);
    await closeForcefully(stream);
  }),
);
