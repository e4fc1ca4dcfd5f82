import { expect, it } from '@jest/globals';
import { ChunkMemory, copyOf } from '../../src/memory/chunk-memory.ts';

const KIB = 1024;

function bytes(size: number, value: number): Uint8Array {
  return new Uint8Array(size).fill(value);
}

it.each([0, 1, 4 * KIB, 4 * KIB + 1, 16 * KIB - 1, 16 * KIB, 200 * KIB, 256 * KIB, 256 * KIB + 1, 3 * KIB * KIB])(
  'a copy of %d bytes holds them, also when the lender goes on to write where they were',
  (size) => {
    const lent = bytes(size, 1);
    const copy = copyOf(lent);
    lent.fill(2);
    expect(copy).toHaveLength(size);
    expect(copy.every((byte) => byte === 1)).toBe(true);
  },
);

it('copies of all sizes do not touch each other', () => {
  const sizes = Array.from({ length: 60 }, (_, index) => ((index * 37) % 29) * 9_973 + 1);
  const copies = sizes.map((size, index) => copyOf(bytes(size, index)));
  copies.forEach((copy, index) => {
    expect(copy).toHaveLength(sizes[index]!);
    expect(copy.every((byte) => byte === index)).toBe(true);
  });
});

/** Bytes by which a pool may be larger than its size: Node 26 aligns what lies in it. */
const ALIGNMENT = 64;

it('a small copy that is kept does not keep much more memory than that', () => {
  for (const size of [1, 100, 4 * KIB, 10 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, 300 * KIB]) {
    const most = Math.max(Buffer.poolSize + ALIGNMENT, 17 * size);
    expect(copyOf(bytes(size, 0)).buffer.byteLength).toBeLessThanOrEqual(most);
  }
});

it('rooms have the size that was asked for, and chunks that were taken are not part of a later one', () => {
  const memory = new ChunkMemory();
  const chunks: Buffer[] = [];
  for (let index = 0; index < 40; index++) {
    const room = memory.room(64 * KIB);
    expect(room.length).toBeGreaterThanOrEqual(64 * KIB);
    room.fill(0xff);
    chunks.push(memory.take(room, ((index * 37) % 29) * 2_000 + 1).fill(index));
  }
  chunks.forEach((chunk, index) => expect(chunk.every((byte) => byte === index)).toBe(true));
});

it('rooms begin as far into a line of the processor as the slab does, after any other pieces', () => {
  const memory = new ChunkMemory();
  const offsets = Array.from({ length: 40 }, (_, index) => {
    const room = memory.room(64 * KIB);
    memory.take(room, ((index * 37) % 29) * 2_000 + 1);
    return room.byteOffset % 64;
  });
  expect(new Set(offsets)).toEqual(new Set([offsets[0]]));
});
