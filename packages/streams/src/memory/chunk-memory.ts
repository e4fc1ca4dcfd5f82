import { memoryToReadInto } from './memory-to-read-into.ts';

// What much data costs a receiver is memory, not computing: each chunk has to be somewhere that nobody else writes to, and
// such memory comes back only when V8 collects garbage. By itself V8 lets 64 MiB of it pile up and then looks through
// the whole heap; until then none of it is in a cache of the processor any more. Here chunks are cut out of slabs:
//
// - Slabs are all of one size. Those that come back can be handed out again as they are, whatever sizes were read.
// - malloc is told to keep them. By itself it returns them to the operating system, and each new one costs a page fault for
//   every 4 KiB (see `keepFreedMemory`).
// - With each slab goes ballast: garbage in V8's young generation. That is full after some MiB then, and is collected in a
//   fifth of a millisecond, together with the slabs that nobody uses any more, while they still are in the cache.
//
// Together that is 1.3 to 1.6 times the throughput of a fresh chunk for each read (benchmark `net`, one way, 64 KiB).

/** How large the slabs are that chunks are cut out of, and the largest chunk that is; bytes. */
const SLAB = 256 * 1024;

/** Rooms begin with a line of the processor's cache, where the slab does. */
const LINE = 64;

/** How many elements, of eight bytes, the ballast of a slab has. */
const BALLAST = 4096;

/** Smaller chunks get memory of their own: whoever keeps one must not keep much more than it. */
const SMALLEST = 16 * 1024;

/** What malloc is taught to keep is twice as much: bytes. */
const LESSON = 16 * 1024 * 1024;

// Only the last one is kept; nobody reads it.
const ballast: unknown[][] = [];
let withoutBallast = 0;
let isTaught = false;

/**
 * Adds garbage for V8 to chunks that Node has made, so that their memory comes back as early as that of {@link ChunkMemory}.
 *
 * @param size of the chunk, in bytes.
 */
export function addBallast(size: number): void {
  withoutBallast += size;
  if (withoutBallast < SLAB) return;
  withoutBallast = 0;
  if (!isTaught) keepFreedMemory();
  ballast[0] = new Array(BALLAST);
}

/**
 * Lets malloc keep memory that is given back to it, for the next chunks. By itself, glibc returns what is free at the end of
 * its heap to the operating system when that is more than 128 KiB, or twice the size of the largest piece that it had mapped
 * apart and got back. So it gets one of 16 MiB, which nobody has touched: it costs no memory, only addresses. Afterwards
 * up to 32 MiB that a burst of data has needed stay with the process.
 */
function keepFreedMemory(): void {
  isTaught = true;
  const lesson = Buffer.allocUnsafeSlow(LESSON).buffer as ArrayBuffer & { transfer?(size: number): ArrayBuffer };
  // Gives it back at once; Node 20 does so with its next garbage.
  lesson.transfer?.(0);
}

/**
 * Memory to receive into, for chunks that stay where they are: they are cut one behind the other out of slabs of 256 KiB,
 * which V8 gives back early. Whoever keeps a chunk keeps its slab.
 *
 * @example
 * const room = memory.room(64 * 1024);
 * const chunk = memory.take(room, readSync(descriptor, room));
 */
export class ChunkMemory {
  #slab: Buffer | undefined = undefined;
  #used = 0;

  /**
   * What is left of the slab, with anything in it; of the next one when that is less than `least`.
   *
   * @param least how many bytes there have to be, at most 256 KiB.
   */
  room(least: number): Buffer {
    if (this.#slab === undefined || SLAB - this.#used < least) {
      this.#slab = memoryToReadInto(SLAB);
      this.#used = 0;
      addBallast(SLAB);
    }
    return this.#slab.subarray(this.#used);
  }

  /**
   * Cuts off the beginning of the room that was given last: a chunk, which from then on belongs to whoever gets it.
   *
   * @param size in bytes.
   */
  take(room: Buffer, size: number): Buffer {
    this.#used += Math.ceil(size / LINE) * LINE;
    return room.subarray(0, size);
  }
}

const memory = new ChunkMemory();

/** Copies bytes that are only lent to memory that belongs to whoever gets the copy. */
export function copyOf(bytes: Uint8Array): Buffer {
  const { length } = bytes;
  // Small ones are cut out of the pool that Node has for them.
  if (length <= Buffer.poolSize >>> 1) return filled(Buffer.allocUnsafe(length), bytes);
  if (length < SMALLEST || length > SLAB) return Buffer.from(new Uint8Array(bytes).buffer);
  return filled(memory.take(memory.room(length), length), bytes);
}

function filled(copy: Buffer, bytes: Uint8Array): Buffer {
  copy.set(bytes);
  return copy;
}
