/** The maximum number of unanswered jobs of one worker: each has a slot. */
export const SLOTS = 1024;

const IDLE = 0;
const BEGUN = 1;
const WITHDRAWN = 2;
const ASKED = 3;

/**
 * The state of each job, which a thread and its parent see at the same moment, because they share the memory: who came first,
 * the one that begins it or the one that takes it back; and whether a job that has begun is asked to end, which it sees even
 * while it blocks its event loop.
 *
 * A slot serves many jobs, one after the other, so it holds the number of its job beside the state. A job that was withdrawn may
 * still stand in the thread's queue when its slot has a new owner: the number keeps it from taking that one's claim. The slot of
 * a job that has not been answered gets no new owner: the parent sees to that (`PooledWorker.takesMore`).
 */
export class SharedClaims {
  readonly memory: SharedArrayBuffer;
  readonly #slots: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#slots = new Int32Array(memory);
  }

  /** The parent sends a job. */
  offer(sequence: number): void {
    Atomics.store(this.#slots, sequence % SLOTS, claim(sequence, IDLE));
  }

  /** The worker begins a job. @returns false when it has been withdrawn. */
  begin(sequence: number): boolean {
    return this.#change(sequence, IDLE, BEGUN);
  }

  /** The parent takes a job back. @returns false when it has begun. */
  withdraw(sequence: number): boolean {
    return this.#change(sequence, IDLE, WITHDRAWN);
  }

  hasBegun(sequence: number): boolean {
    return this.#is(sequence, BEGUN) || this.#is(sequence, ASKED);
  }

  /** The parent asks a job that has begun to end. */
  ask(sequence: number): void {
    this.#change(sequence, BEGUN, ASKED);
  }

  /** Whether the job is asked to end. */
  isAsked(sequence: number): boolean {
    return this.#is(sequence, ASKED);
  }

  #is(sequence: number, state: number): boolean {
    return Atomics.load(this.#slots, sequence % SLOTS) === claim(sequence, state);
  }

  #change(sequence: number, before: number, after: number): boolean {
    const expected = claim(sequence, before);
    return Atomics.compareExchange(this.#slots, sequence % SLOTS, expected, claim(sequence, after)) === expected;
  }
}

// The bits that the number loses would tell apart only jobs that are a thousand million numbers apart.
function claim(sequence: number, state: number): number {
  return (sequence << 2) | state;
}
