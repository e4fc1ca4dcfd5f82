import { expect, it } from '@jest/globals';
import { run } from '@tercet/core';
import { openWorkers, transfer } from '@tercet/parallel';
import { errorOf, plain } from '../jobs.ts';

it('P13: transfer detaches the buffer of the sender, and of a job', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      const data = new Uint8Array(1 << 20);
      expect(await workers.run(plain['byteLength']!, transfer(data, [data.buffer]))).toBe(1 << 20);
      expect(data.byteLength).toBe(0);
      const inside = new Uint8Array(8);
      await workers.run(plain['echo']!, { inside: transfer(inside, [inside]) });
      expect(inside.byteLength).toBe(0);
      expect((await workers.run(plain['moveBack']!, 1000)).byteLength).toBe(1000);
    }),
  ));

it('P13: to transfer 64 MiB costs no more than to transfer 1 MiB', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      const timeToMove = async (size: number): Promise<number> => {
        const data = new Uint8Array(size);
        const begun = performance.now();
        expect(await workers.run(plain['byteLength']!, transfer(data, [data.buffer]))).toBe(size);
        return performance.now() - begun;
      };
      // The best of several attempts counts, because the machine may be busy. Copying 64 MiB always takes many times as long.
      let small = Infinity;
      let large = Infinity;
      for (let attempt = 0; attempt < 50 && !(large < 1.5 * small); attempt++) {
        small = Math.min(small, await timeToMove(1 << 20));
        large = Math.min(large, await timeToMove(64 << 20));
      }
      expect(large).toBeLessThan(1.5 * small);
    }),
  ));

it('P13: what is not transferred stays', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      const data = new Uint8Array(8);
      await workers.run(plain['echo']!, data);
      expect(data.byteLength).toBe(8);
    }),
  ));

it('P13: between processes a transferred buffer is copied', () =>
  run(() =>
    openWorkers({ max: 1, kind: 'process' }, async (workers) => {
      const data = new Uint8Array(8);
      expect(await workers.run(plain['byteLength']!, transfer(data, [data.buffer]))).toBe(8);
    }),
  ));

it('P14: a buffer of the pool in a transfer list is copied', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      const pooled = Buffer.from('a small buffer');
      expect(pooled.buffer.byteLength).toBeGreaterThan(pooled.byteLength);
      const back = await workers.run(plain['echo']!, transfer(pooled, [pooled.buffer as ArrayBuffer]));
      expect(String(back)).toBe('a small buffer');
      expect(String(pooled)).toBe('a small buffer');
    }),
  ));

it('P14: a clone of a small buffer does not take the pool along', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      const back = await workers.run(plain['echo']!, Buffer.from('small'));
      expect(back.buffer.byteLength).toBe(5);
    }),
  ));

it('P15: a SharedArrayBuffer is shared with threads', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      const shared = new SharedArrayBuffer(4);
      await workers.run(plain['store']!, shared, 42);
      expect(new Int32Array(shared)[0]).toBe(42);
    }),
  ));

it('P15: a SharedArrayBuffer is a TypeError with processes, with its place', () =>
  run(() =>
    openWorkers({ max: 1, kind: 'process' }, async (workers) => {
      const error = await errorOf(workers.run(plain['echo']!, { memory: new SharedArrayBuffer(4) }));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(/argument 1, at \.memory, is a SharedArrayBuffer/);
    }),
  ));

it('transfer() refuses what cannot be marked', () => {
  expect(() => transfer(1 as never, [])).toThrow(TypeError);
  expect(() => transfer({}, 1 as never)).toThrow(TypeError);
  expect(() => transfer({}, [1 as never])).toThrow(TypeError);
});
