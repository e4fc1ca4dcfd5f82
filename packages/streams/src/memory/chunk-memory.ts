import { memoryToReadInto } from './memory-to-read-into.ts';

/** Size of the slabs that chunks are cut out of, and of the largest chunk that is cut out of one; bytes. */
const SLAB = 256 * 1024;

/** Chunks begin at a multiple of this distance from the beginning of their slab: a line of the processor's cache; bytes. */
const LINE = 64;

/** Smaller chunks get memory that they share with nothing: keeping one must not keep much more than its size; bytes. */
const SMALLEST = 16 * 1024;

/**
 * Memory to receive chunks into, without copying them afterwards; also called an arena, or a bump allocator. Chunks are cut
 * one after the other out of slabs of 256 KiB. All slabs have one size, so freed ones can be used again as they are,
 * for any sizes that were read. Keeping a chunk keeps its slab.
 *
 * @example
 * const room = memory.room(64 * 1024);
 * const chunk = memory.take(room, readSync(descriptor, room));
 */
export class ChunkMemory {
  /** The slab that is in use; `undefined` before the first one. */
  #slab: Buffer | undefined = undefined;
  /** Number of bytes at the beginning of the slab that belong to chunks. */
  #used = 0;

  /**
   * The uninitialized rest of the slab, or a new slab when that rest is smaller than `least`.
   *
   * @param least how many bytes are needed, at most 256 KiB.
   */
  room(least: number): Buffer {
    if (this.#slab === undefined || SLAB - this.#used < least) {
      this.#slab = memoryToReadInto(SLAB);
      this.#used = 0;
    }
    return this.#slab.subarray(this.#used);
  }

  /**
   * Cuts a chunk off the beginning of the room that was returned last. From then on the chunk belongs to its receiver.
   *
   * @param size in bytes.
   */
  take(room: Buffer, size: number): Buffer {
    this.#used += Math.ceil(size / LINE) * LINE;
    return room.subarray(0, size);
  }
}

const memory = new ChunkMemory();

/** Copies bytes that may be overwritten after the call. The copy belongs to the caller. */
export function copyOf(bytes: Uint8Array): Buffer {
  const { length } = bytes;
  // Node has a pool for small ones.
  if (length <= Buffer.poolSize >>> 1) return filled(Buffer.allocUnsafe(length), bytes);
  if (length < SMALLEST || length > SLAB) return Buffer.from(new Uint8Array(bytes).buffer);
  return filled(memory.take(memory.room(length), length), bytes);
}

function filled(copy: Buffer, bytes: Uint8Array): Buffer {
  copy.set(bytes);
  return copy;
}
