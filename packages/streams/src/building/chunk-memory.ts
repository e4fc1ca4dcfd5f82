// What much data costs a receiver is memory, not computing: each chunk has to be somewhere that nobody else writes to, and
// such memory comes back only when V8 collects garbage. By itself V8 lets 64 MiB of it pile up and then looks through
// the whole heap; until then none of it is in a cache of the processor any more. Here chunks are cut out of slabs:
//
// - Slabs are all of one size, and so large that malloc asks the operating system for them. With the first one that it gets
//   back it learns to keep such pieces (glibc: the dynamic threshold of mmap) and hands them out again. Pieces of the size of
//   each chunk it returned, and each new one cost a page fault for every 4 KiB.
// - With each slab goes ballast: garbage in V8's young generation. That is full after some MiB then, and is collected in a
//   fifth of a millisecond, together with the slabs that nobody uses any more, while they still are in the cache.
//
// Together that is 1.3 to 1.6 times the throughput of a fresh chunk for each read (benchmark `net`, one way, unix, 64 KiB).

/** How large the slabs are that chunks are cut out of, and the largest chunk that is; bytes. */
const SLAB = 256 * 1024;

/** How many elements, of eight bytes, the ballast of a slab has. */
const BALLAST = 4096;

/** Smaller chunks get memory of their own: whoever keeps one must not keep much more than it. */
const SMALLEST = 16 * 1024;

// Only the last one is kept; nobody reads it.
const ballast: unknown[][] = [];
let withoutBallast = 0;

/**
 * Adds garbage for V8 to chunks that Node has made, so that their memory comes back as early as that of {@link ChunkMemory}.
 *
 * @param size of the chunk, in bytes.
 */
export function addBallast(size: number): void {
  withoutBallast += size;
  if (withoutBallast < SLAB) return;
  withoutBallast = 0;
  ballast[0] = new Array(BALLAST);
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
      this.#slab = Buffer.allocUnsafeSlow(SLAB);
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
    this.#used += size;
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
