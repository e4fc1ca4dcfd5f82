import assert from 'node:assert/strict';
import { it } from '@jest/globals';
import { after, CancelScope, checkpoint, moveOnAfter, openNursery, sleep } from '@tercet/core';
import type { Selectable } from '@tercet/core';
import { CapacityLimiter, Condition, Lock, openMemoryChannel, select, Semaphore } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import fc from 'fast-check';
import { checkProperty } from './random-programs.ts';

// Tasks that run freely, each its own script, with locks inside of timeouts inside of locks. What is in whose hands at
// which moment no model could say; what must hold at every moment is checked where it could break.

type Action = (typeof actions)[number];
const actions = ['pause', 'send', 'receive', 'lock', 'condition', 'semaphore', 'limiter', 'timeout', 'select'] as const;

interface Part {
  readonly action: Action;
  /** Milliseconds, a number of checkpoints, or which of several. */
  readonly amount: number;
  /** The programs that run while it is held, or before it is over. */
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
        return;
      case 'select':
        await this.#select(amount, inner, held);
    }
  }

  /** One of several operations, which may all be about the same channel: the effect must be that of exactly one. */
  async #select(amount: number, inner: readonly Part[], held: ReadonlySet<unknown>): Promise<void> {
    const item = this.#next++;
    const [one, other] = [this.#channels[amount % 3]!, this.#channels[(amount >> 2) % 3]!];
    const lock = this.#locks[amount % 2]!;
    const cases: Record<string, Selectable<unknown>> = {
      sent: one[0].sending(item),
      received: other[1].receiving(),
      ...(!held.has(lock) && { lock: lock.acquiring() }),
      ...(!held.has(this.#semaphore) && { semaphore: this.#semaphore.acquiring() }),
      ...(!held.has(this.#limiter) && { limiter: this.#limiter.acquiring() }),
      ...(amount % 5 === 0 && { late: after(amount) }),
    };
    // Some of the cases, in an order that depends on the amount.
    const chosen = Object.entries(cases).filter((_, index) => (amount * 7 + index) % 3 !== 0);
    const { key, value } = await select(Object.fromEntries(amount % 2 === 0 ? chosen : chosen.reverse()), {
      fair: amount % 4 === 0,
    });
    if (key === 'sent') this.#sent.add(item);
    else if (key === 'received') {
      assert.ok(!this.#received.has(value as number), 'received twice');
      this.#received.add(value as number);
    } else if (key !== 'late') {
      const [resource, most] = (
        { lock: [lock, 1], semaphore: [this.#semaphore, 2], limiter: [this.#limiter, 2] } as const
      )[key as 'lock']!;
      using _ = value as Disposable;
      this.#enter(resource, most);
      try {
        await this.play(inner, new Set([...held, resource]));
      } finally {
        this.#leave(resource);
      }
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

  /** When all tasks have ended, none waits, nothing is held, and every item is where it belongs. */
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

/** Under the order that belongs to a seed. */
const play = (program: readonly Task[], seed: number): Promise<void> =>
  testRun(
    async () => {
      const world = new World();
      await openNursery((nursery) => {
        for (const { script, cancelledAt } of program) {
          const scope = new CancelScope({ relativeDeadline: cancelledAt });
          nursery.startSoon(() => scope.run(() => world.play(script, new Set())));
        }
      });
      world.checkEnd();
    },
    { seed },
  )();

it('G-64, G-73, G-75, SE-1, SE-3, SE-5, XO-6: tasks that run freely lose nothing, are all woken, and exclude each other', () =>
  checkProperty(fc.asyncProperty(tasks, fc.nat(), play)));
