import { expect, it } from '@jest/globals';
import { ChunkQueue } from '../../src/lowlevel.ts';
import { collectGarbage } from '../collect-garbage.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (chunk: Uint8Array): string => new TextDecoder().decode(chunk);

const queueOf = (...chunks: string[]): ChunkQueue => {
  const queue = new ChunkQueue();
  for (const chunk of chunks) queue.push(bytes(chunk));
  return queue;
};

it('returns chunks in order, whole or in part, without copying them', () => {
  const queue = new ChunkQueue();
  const first = bytes('abc');
  queue.push(first);
  queue.push(bytes(''));
  queue.push(bytes('de'));
  expect(queue.size).toBe(5);
  const part = queue.take(2);
  expect([text(part), queue.size]).toEqual(['ab', 3]);
  expect(part.buffer).toBe(first.buffer);
  expect([text(queue.take(2)), queue.size]).toEqual(['c', 2]);
  expect([text(queue.take(2)), queue.size]).toEqual(['de', 0]);
  expect(queue.take(1)).toHaveLength(0);
});

it('joins as many chunks as it needs, and returns no more bytes than were asked for', () => {
  const queue = queueOf('ab', 'cd', 'ef', 'gh');
  expect([text(queue.takeJoined(2)), queue.size]).toEqual(['ab', 6]);
  expect([text(queue.takeJoined(3)), queue.size]).toEqual(['cde', 3]);
  expect([text(queue.takeJoined()), queue.size]).toEqual(['fgh', 0]);
  expect(queue.takeJoined()).toHaveLength(0);
});

it('is empty after clear, and can be used again', () => {
  const queue = queueOf('ab', 'cd');
  queue.take(1);
  queue.clear();
  expect([queue.size, queue.take(9).length]).toEqual([0, 0]);
  queue.push(bytes('x'));
  expect([text(queue.takeJoined()), queue.size]).toEqual(['x', 0]);
});

it('keeps the order of many chunks while it never becomes empty', () => {
  const queue = new ChunkQueue();
  const taken: number[] = [];
  for (let next = 0; next < 1000; next++) {
    queue.push(Uint8Array.of(next % 251));
    if (next % 3 !== 0) taken.push(queue.take(1)[0]!);
  }
  while (queue.size > 0) taken.push(queue.take(1)[0]!);
  expect(taken).toEqual(Array.from({ length: 1000 }, (_, index) => index % 251));
});

it('frees chunks that have been taken, even when it never becomes empty', async () => {
  const queue = new ChunkQueue();
  const references: WeakRef<Uint8Array>[] = [];
  const pushOne = (): void => {
    const chunk = new Uint8Array(1000);
    references.push(new WeakRef(chunk));
    queue.push(chunk);
  };
  pushOne();
  for (let i = 0; i < 100; i++) {
    pushOne();
    queue.take(Infinity);
  }
  await collectGarbage();
  expect(references.filter((reference) => reference.deref() !== undefined).length).toBeLessThanOrEqual(1);
  expect(queue.size).toBe(1000);
});
