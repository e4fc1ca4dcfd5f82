import assert from 'node:assert/strict';
import { after } from '@tercet/core';
import type { Selectable } from '@tercet/core/lowlevel';
import { CapacityLimiter, Event, Lock, openMemoryChannel, select, selectNowait, Semaphore } from '@tercet/sync';
import { Game, outcomeOf, pick, remove } from '../random-programs.ts';
import type { Operation, Step, Worker } from '../random-programs.ts';

/** The effect of one case in the model, and whether it can take effect. */
interface Case {
  readonly real: () => Selectable<unknown>;
  /** Takes effect if it can: the value as JSON shows it, in an array; the name of an error; or `undefined` if it has to wait. */
  readonly poll: () => [value: unknown] | string | undefined;
  /** Where it waits. */
  readonly queue: Entry[];
  /** The item, for a case that sends. */
  readonly item?: number;
  /** When it takes effect, for a case that waits for time. */
  readonly at?: number;
}

/** A case that waits, as it stands in a queue. */
interface Entry {
  readonly operation: Operation;
  readonly key: string;
  readonly case: Case;
}

interface ModelChannel {
  readonly ends: ReturnType<typeof openMemoryChannel<number>>;
  readonly capacity: number;
  readonly buffer: number[];
  readonly senders: Entry[];
  readonly receivers: Entry[];
}

function makeChannel(capacity: number): ModelChannel {
  return { ends: openMemoryChannel<number>(capacity), capacity, buffer: [], senders: [], receivers: [] };
}

/** Random selections over everything that can be selected, beside single operations on the same objects. */
export class SelectGame extends Game {
  readonly #channels = [makeChannel(0), makeChannel(0), makeChannel(2)];
  #event = new Event();
  #eventWaiters: Entry[] = [];
  readonly #lock = new Lock();
  readonly #lockWaiters: Entry[] = [];
  #owner: Worker | undefined;
  readonly #semaphore = new Semaphore(1);
  readonly #semaphoreWaiters: Entry[] = [];
  #permits = 1;
  readonly #limiter = new CapacityLimiter(1);
  readonly #limiterWaiters: Entry[] = [];
  readonly #borrowers = new Set<Worker>();
  readonly #timers: Entry[] = [];
  readonly #joiners = new Map<Worker, Entry[]>();
  readonly #dying: Worker[] = [];
  readonly #ended = new Set<Worker>();
  /** Where the cases of each operation stand. */
  readonly #entries = new Map<Operation, Entry[]>();
  #nextItem = 0;

  readonly moves: Game['moves'] = [
    (worker, step) => this.#select(worker, step),
    (worker, step) => this.#select(worker, step),
    (worker, step) => this.#select(worker, step),
    (worker, step) => this.#selectNowait(worker, step),
    (worker, step) => this.#alone(worker, step),
    (worker, step) => this.#alone(worker, step),
    (worker, { target }) => {
      const channel = pick(this.#channels, target)!;
      const item = this.#nextItem++;
      const outcome = outcomeOf(() => worker.inside(() => channel.ends[0].trySend(item)));
      assert.equal(outcome, String(this.#put(channel, item)));
    },
    (worker, { target }) => {
      const channel = pick(this.#channels, target)!;
      const outcome = outcomeOf(() => worker.inside(() => channel.ends[1].tryReceive()));
      const item = this.#take(channel);
      assert.equal(outcome, item === undefined ? 'null' : JSON.stringify({ value: item }));
    },
    (_, { amount, target }) => this.#close(target % this.#channels.length, amount),
    () => {
      this.#event.set();
      while (this.#eventWaiters.length > 0) this.#serve(this.#eventWaiters[0]!, undefined);
      this.#event = new Event();
      this.#eventWaiters = [];
    },
    () => {
      if (this.#owner === undefined) return;
      this.#owner.inside(() => this.#lock.release());
      const [next] = this.#lockWaiters;
      this.#owner = next?.operation.worker;
      if (next !== undefined) this.#serve(next, {});
    },
    () => {
      this.#semaphore.release();
      if (this.#semaphoreWaiters.length > 0) this.#serve(this.#semaphoreWaiters[0]!, {});
      else this.#permits++;
    },
    () => {
      const [borrower] = this.#borrowers;
      if (borrower === undefined) return;
      borrower.inside(() => this.#limiter.release());
      this.#borrowers.delete(borrower);
      this.#lend();
    },
    this.cancel,
    (worker, step) => {
      // A lock that it holds would break; other games test that.
      if (worker === this.#owner || this.#borrowers.has(worker)) return;
      this.kill(worker, step);
      if (!worker.alive) this.#dying.push(worker);
    },
  ];

  override cancelled(operation: Operation): void {
    operation.expected = 'cancelled';
    this.#leave(operation);
  }

  /** Tasks that were killed have ended when the step is over. */
  override settle(): void {
    for (const worker of this.#dying.splice(0)) {
      this.#ended.add(worker);
      const joiners = this.#joinersOf(worker);
      while (joiners.length > 0) this.#serve(joiners[0]!, undefined);
    }
  }

  override elapse(): void {
    const deadlines = this.operations.map((operation) => ({
      at: operation.deadline,
      operation,
      happen: () => this.cancelled(operation),
    }));
    const timers = this.#timers.map((entry) => ({
      at: entry.case.at ?? NaN,
      operation: entry.operation,
      happen: () => this.#serve(entry, undefined),
    }));
    const due = [...deadlines, ...timers].filter(({ at }) => at <= this.now);
    for (const { operation, happen } of due.sort((a, b) => a.at - b.at)) if (operation.waits) happen();
  }

  override check(): void {
    for (const { ends, buffer, senders, receivers } of this.#channels) {
      const { currentBufferUsed, tasksWaitingSend, tasksWaitingReceive } = ends[0].statistics();
      assert.deepEqual(
        [currentBufferUsed, tasksWaitingSend, tasksWaitingReceive],
        [buffer.length, senders.length, receivers.length],
      );
    }
    assert.equal(this.#event.statistics().tasksWaiting, this.#eventWaiters.length);
    assert.equal(this.#lock.statistics().owner, this.#owner?.task);
    assert.equal(this.#lock.statistics().tasksWaiting, this.#lockWaiters.length);
    assert.equal(this.#semaphore.value, this.#permits);
    assert.equal(this.#semaphore.statistics().tasksWaiting, this.#semaphoreWaiters.length);
    assert.equal(this.#limiter.borrowedTokens, this.#borrowers.size);
    assert.equal(this.#limiter.statistics().tasksWaiting, this.#limiterWaiters.length);
  }

  #select(worker: Worker, step: Step): void {
    const cases = this.#randomCases(worker, step);
    const real = (): Promise<unknown> =>
      select(Object.fromEntries(cases.map((each, index) => [`c${index}`, each.real()])));
    const operation = this.begin(worker, step, real);
    operation.expected = this.#poll(cases) ?? this.#wait(operation, cases);
  }

  #selectNowait(worker: Worker, step: Step): void {
    const cases = this.#randomCases(worker, step);
    const real = (): unknown =>
      selectNowait(Object.fromEntries(cases.map((each, index) => [`c${index}`, each.real()])));
    const outcome = outcomeOf(() => worker.inside(real));
    assert.equal(outcome, this.#poll(cases) ?? 'null');
  }

  /** A single operation, which takes its turn among the cases of selections. */
  #alone(worker: Worker, step: Step): void {
    const channel = pick(this.#channels, step.target)!;
    const [send, receive] = channel.ends;
    const item = this.#nextItem++;
    const [operation, only] =
      step.amount % 2 === 0
        ? [this.begin(worker, step, () => send.send(item)), this.#sending(channel, item)]
        : [this.begin(worker, step, () => receive.receive()), this.#receiving(channel)];
    const ready = only.poll();
    if (ready === undefined) this.#wait(operation, [only], '');
    else operation.expected = typeof ready === 'string' ? ready : JSON.stringify(ready[0] ?? null);
  }

  /** The result of the selection if it need not wait. */
  #poll(cases: readonly Case[]): string | undefined {
    for (const [index, each] of cases.entries()) {
      const ready = each.poll();
      if (typeof ready === 'string') return ready;
      if (ready !== undefined) return JSON.stringify({ key: `c${index}`, value: ready[0] });
    }
    return undefined;
  }

  #wait(operation: Operation, cases: readonly Case[], prefix = 'c'): string {
    const entries = cases.map((each, index) => ({ operation, key: prefix && `${prefix}${index}`, case: each }));
    for (const entry of entries) entry.case.queue.push(entry);
    this.#entries.set(operation, entries);
    return 'waits';
  }

  #serve({ operation, key }: Entry, value: unknown): void {
    operation.expected = JSON.stringify(key === '' ? (value ?? null) : { key, value });
    this.#leave(operation);
  }

  #fail({ operation }: Entry, error: string): void {
    operation.expected = error;
    this.#leave(operation);
  }

  #leave(operation: Operation): void {
    for (const entry of this.#entries.get(operation) ?? []) remove(entry.case.queue, entry);
    this.#entries.delete(operation);
  }

  #randomCases(worker: Worker, { target, amount }: Step): Case[] {
    const count = 1 + (amount % 4);
    return Array.from({ length: count }, (_, index) => {
      const seed = target * 31 + amount * 17 + index * 101;
      const channel = pick(this.#channels, seed >> 3)!;
      const kinds = [
        () => this.#sending(channel, this.#nextItem++),
        () => this.#receiving(channel),
        () => this.#sending(channel, this.#nextItem++),
        () => this.#receiving(channel),
        () => this.#waiting(),
        () => this.#locking(worker),
        () => this.#permitting(),
        () => this.#borrowing(worker),
        () => this.#joining(pick(this.workers, seed >> 2)!),
        () => this.#passing(1 + (seed % 20) + 0.25 + this.operations.length / 1e6 + index / 1e3),
      ];
      return pick(kinds, seed)!();
    });
  }

  #sending(channel: ModelChannel, item: number): Case {
    return {
      real: () => channel.ends[0].sending(item),
      poll: () => (this.#put(channel, item) ? [undefined] : undefined),
      queue: channel.senders,
      item,
    };
  }

  #receiving(channel: ModelChannel): Case {
    return {
      real: () => channel.ends[1].receiving(),
      poll: () => {
        const item = this.#take(channel);
        return item === undefined ? undefined : [item];
      },
      queue: channel.receivers,
    };
  }

  #waiting(): Case {
    const event = this.#event;
    return { real: () => event.waiting(), poll: () => undefined, queue: this.#eventWaiters };
  }

  #locking(worker: Worker): Case {
    return {
      real: () => this.#lock.acquiring(),
      poll: () => {
        if (this.#owner === worker) return 'StateError';
        if (this.#owner !== undefined) return undefined;
        this.#owner = worker;
        return [{}];
      },
      queue: this.#lockWaiters,
    };
  }

  #permitting(): Case {
    return {
      real: () => this.#semaphore.acquiring(),
      poll: () => {
        if (this.#permits === 0) return undefined;
        this.#permits--;
        return [{}];
      },
      queue: this.#semaphoreWaiters,
    };
  }

  #borrowing(worker: Worker): Case {
    return {
      real: () => this.#limiter.acquiring(),
      poll: () => {
        if (this.#borrowers.has(worker)) return 'StateError';
        if (this.#borrowers.size > 0) return undefined;
        this.#borrowers.add(worker);
        return [{}];
      },
      queue: this.#limiterWaiters,
    };
  }

  #joining(worker: Worker): Case {
    return {
      real: () => worker.handle.joining(),
      poll: () => (this.#ended.has(worker) ? [undefined] : undefined),
      queue: this.#joinersOf(worker),
    };
  }

  #passing(duration: number): Case {
    return {
      real: () => after(duration),
      poll: () => undefined,
      queue: this.#timers,
      at: this.now + duration,
    };
  }

  #put(channel: ModelChannel, item: number): boolean {
    const [receiver] = channel.receivers;
    if (receiver !== undefined) this.#serve(receiver, item);
    else if (channel.buffer.length < channel.capacity) channel.buffer.push(item);
    else return false;
    return true;
  }

  #take(channel: ModelChannel): number | undefined {
    const [sender] = channel.senders;
    if (sender !== undefined) {
      channel.buffer.push(sender.case.item!);
      this.#serve(sender, undefined);
    }
    return channel.buffer.shift();
  }

  /** Lends the token to the one that has waited longest, and refuses it to those that have one. */
  #lend(): void {
    while (this.#limiterWaiters.length > 0 && this.#borrowers.size === 0) {
      const next = this.#limiterWaiters[0]!;
      this.#borrowers.add(next.operation.worker);
      this.#serve(next, {});
    }
  }

  /** Closes one end, which ends all that wait at either, and puts a new channel in its place. */
  #close(index: number, amount: number): void {
    if (amount % 4 > 0) return;
    const { ends, senders, receivers, capacity } = this.#channels[index]!;
    const [own, others, othersFail] =
      amount % 8 === 0
        ? ([senders, receivers, 'EndOfChannel'] as const)
        : ([receivers, senders, 'BrokenResourceError'] as const);
    ends[amount % 8 === 0 ? 0 : 1].close();
    while (own.length > 0) this.#fail(own[0]!, 'ClosedResourceError');
    while (others.length > 0) this.#fail(others[0]!, othersFail);
    this.#channels[index] = makeChannel(capacity);
  }

  #joinersOf(worker: Worker): Entry[] {
    let joiners = this.#joiners.get(worker);
    if (joiners === undefined) this.#joiners.set(worker, (joiners = []));
    return joiners;
  }
}
