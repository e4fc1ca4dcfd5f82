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
    Atomics.store(this.#slots, sequence % SLOTS, IDLE);
  }

  /** The worker begins a job. @returns false when it has been withdrawn. */
  begin(sequence: number): boolean {
    return Atomics.compareExchange(this.#slots, sequence % SLOTS, IDLE, BEGUN) === IDLE;
  }

  /** The parent takes a job back. @returns false when it has begun. */
  withdraw(sequence: number): boolean {
    return Atomics.compareExchange(this.#slots, sequence % SLOTS, IDLE, WITHDRAWN) === IDLE;
  }

  hasBegun(sequence: number): boolean {
    const state = Atomics.load(this.#slots, sequence % SLOTS);
    return state === BEGUN || state === ASKED;
  }

  /** The parent asks a job that has begun to end. */
  ask(sequence: number): void {
    Atomics.compareExchange(this.#slots, sequence % SLOTS, BEGUN, ASKED);
  }

  /** Whether the job is asked to end. */
  isAsked(sequence: number): boolean {
    return Atomics.load(this.#slots, sequence % SLOTS) === ASKED;
  }
}
