import { expect, it } from '@jest/globals';
import { ByteQueue } from '../../src/queues/byte-queue.ts';

it('frees large memory when it becomes empty', () => {
  const queue = new ByteQueue();
  queue.push(new Uint8Array(1000));
  queue.skip(1000);
  expect(queue.capacity).toBeGreaterThan(0);
  queue.push(new Uint8Array(1_000_000).fill(7));
  expect(queue.capacity).toBeGreaterThanOrEqual(1_000_000);
  expect(queue.take(999_999)).toHaveLength(999_999);
  expect(Array.from(queue.take(1))).toEqual([7]);
  expect(queue.capacity).toBe(0);
  queue.push(new Uint8Array([1, 2, 3]));
  expect(queue.at(2)).toBe(3);
});
