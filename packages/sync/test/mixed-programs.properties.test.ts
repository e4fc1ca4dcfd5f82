import assert from 'node:assert/strict';
import { it } from '@jest/globals';
import { CancelScope, checkpoint, moveOnAfter, openNursery, sleep } from '@tercet/core';
import { CapacityLimiter, Condition, Lock, openMemoryChannel, Semaphore } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import fc from 'fast-check';
import { checkProperty } from './random-programs.ts';

// Tasks that run freely, each its own script, with locks inside of timeouts inside of locks. What is in whose hands at
// which moment no model could say; what must hold at every moment is checked where it could break.

type Action = (typeof actions)[number];
const actions = ['pause', 'send', 'receive', 'lock', 'condition', 'semaphore', 'limiter', 'timeout'] as const;

interface Part {
  readonly action: Action;
  /** Milliseconds, a number of checkpoints, or which of several. */
  readonly amount: number;
  /** What is done while it is held, or before it is over. */
  readonly inner: readonly Part[];
}

interface Task {
  readonly script: readonly Part[];
  /** When it is cancelled, in milliseconds. */
  readonly cancelledAt: number;
}

const action = fc.constantFrom(...actions);
const amount = fc.nat({ max: 20 });

const { part } = fc.letrec<{ part: Part }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 3 },
    fc.record({ action, amount, inner: fc.constant([]) }),
    fc.record({ action, amount, inner: fc.array(tie('part'), { minLength: 1, maxLength: 3 }) }),
  ),
}));
const tasks: fc.Arbitrary<Task[]> = fc.array(
  fc.record({ script: fc.array(part, { minLength: 1, maxLength: 6 }), cancelledAt: fc.integer({ min: 1, max: 200 }) }),
  { minLength: 2, maxLength: 8 },
);

class World {
  readonly #channels = [0, 1, 3].map((size) => openMemoryChannel<number>(size));
  readonly #locks = [new Lock(), new Lock()];
  readonly #conditions = this.#locks.map((lock) => new Condition(lock));
  readonly #semaphore = new Semaphore(2, { maxValue: 2 });
  readonly #limiter = new CapacityLimiter(2);
  readonly #inside = new Map<unknown, number>();
  readonly #sent = new Set<number>();
  readonly #received = new Set<number>();
  #next = 0;

  async play(script: readonly Part[], held: ReadonlySet<unknown>): Promise<void> {
    for (const part of script) await this.#do(part, held);
  }

  async #do({ action, amount, inner }: Part, held: ReadonlySet<unknown>): Promise<void> {
    const [send, receive] = this.#channels[amount % 3]!;
    const lock = this.#locks[amount % 2]!;
    switch (action) {
      case 'pause':
        return amount % 2 === 0 ? await checkpoint() : await sleep(amount);
      case 'send': {
        const item = this.#next++;
        await send.send(item);
        this.#sent.add(item);
        return;
      }
      case 'receive': {
        const item = await receive.receive();
        assert.ok(!this.#received.has(item), 'received twice');
        this.#received.add(item);
        return;
      }
      case 'lock':
        return await this.#within(lock, 1, inner, held);
      case 'condition':
        if (!held.has(lock)) return;
        if (amount % 3 === 0) return await this.#waitFor(lock);
        this.#conditions[amount % 2]!.notify(amount % 3);
        return;
      case 'semaphore':
        return await this.#within(this.#semaphore, 2, inner, held);
      case 'limiter':
        return await this.#within(this.#limiter, 2, inner, held);
      case 'timeout':
        await moveOnAfter(amount, () => this.play(inner, held));
    }
  }

  async #within(
    resource: Lock | Semaphore | CapacityLimiter,
    most: number,
    inner: readonly Part[],
    held: ReadonlySet<unknown>,
  ): Promise<void> {
    if (held.has(resource)) return;
    await resource.run(async () => {
      this.#enter(resource, most);
      try {
        await this.play(inner, new Set([...held, resource]));
      } finally {
        this.#leave(resource);
      }
    });
  }

  async #waitFor(lock: Lock): Promise<void> {
    this.#leave(lock);
    try {
      await this.#conditions[this.#locks.indexOf(lock)]!.wait();
    } finally {
      // However the wait has ended, the lock is held again.
      this.#enter(lock, 1);
    }
  }

  #enter(resource: unknown, most: number): void {
    const inside = (this.#inside.get(resource) ?? 0) + 1;
    assert.ok(inside <= most, 'more inside than allowed');
    this.#inside.set(resource, inside);
  }

  #leave(resource: unknown): void {
    this.#inside.set(resource, this.#inside.get(resource)! - 1);
  }

  /** When all tasks have ended, nobody waits, nothing is held, and every item is where it belongs. */
  checkEnd(): void {
    for (const [send, receive] of this.#channels) {
      const { tasksWaitingSend, tasksWaitingReceive } = send.statistics();
      assert.deepEqual([tasksWaitingSend, tasksWaitingReceive], [0, 0]);
      while (receive.statistics().currentBufferUsed > 0) {
        const item = receive.receiveNowait();
        assert.ok(!this.#received.has(item), 'received, and still in the buffer');
        this.#received.add(item);
      }
    }
    assert.deepEqual(this.#received, this.#sent);
    for (const lock of this.#locks) {
      assert.deepEqual(lock.statistics(), { locked: false, owner: undefined, tasksWaiting: 0 });
    }
    for (const condition of this.#conditions) assert.equal(condition.statistics().tasksWaiting, 0);
    assert.deepEqual([this.#semaphore.value, this.#semaphore.statistics().tasksWaiting], [2, 0]);
    assert.deepEqual([this.#limiter.borrowedTokens, this.#limiter.statistics().tasksWaiting], [0, 0]);
  }
}

const play = (program: readonly Task[]): Promise<void> =>
  testRun(async () => {
    const world = new World();
    await openNursery((nursery) => {
      for (const { script, cancelledAt } of program) {
        const scope = new CancelScope({ relativeDeadline: cancelledAt });
        nursery.startSoon(() => scope.run(() => world.play(script, new Set())));
      }
    });
    world.checkEnd();
  })();

it('G-64, G-73, G-75: tasks that run freely lose nothing, forget nobody, and keep out of each other’s way', () =>
  checkProperty(fc.asyncProperty(tasks, play)));
