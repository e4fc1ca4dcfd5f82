import assert from 'node:assert/strict';
import { AsyncResource } from 'node:async_hooks';
import { CancelScope, isCancelled, openNursery, run, sleepForever } from '@tercet/core';
import type { Nursery, TaskHandle } from '@tercet/core';
import { currentTask } from '@tercet/core/lowlevel';
import type { RunStatistics, Task } from '@tercet/core/lowlevel';
import { MockClock, waitAllTasksBlocked } from '@tercet/testing';
import fc from 'fast-check';

// Random programs, played at the same time on the real thing and on a plain model of it.
//
// All hand-offs are direct: what a call does to others, it does before it returns. So the model can be exact, and need
// not know anything of promises: every move is made on both sides, several in the same step, and when the run has come
// to rest, each operation must have ended the way the model says, or still wait.

/** One move: which, by whom, with what. The numbers are taken modulo what there is. */
export interface Step {
  readonly move: number;
  readonly worker: number;
  readonly target: number;
  readonly amount: number;
}

/** Moves that are made in the same step, and how far time goes on after them, in milliseconds. */
export interface Batch {
  readonly steps: readonly Step[];
  readonly jump: number;
}

const number = fc.nat({ max: 1000 });

const programs: fc.Arbitrary<Batch[]> = fc.array(
  fc.record({
    steps: fc.array(fc.record({ move: number, worker: number, target: number, amount: number }), {
      minLength: 1,
      maxLength: 4,
    }),
    jump: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }) }),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
);

/** An operation that may wait: what has become of it, and what the model says. */
export class Operation {
  readonly worker: Worker;
  readonly scope: CancelScope;
  readonly deadline: number;
  outcome = 'waits';
  expected = 'waits';

  constructor(worker: Worker, scope: CancelScope, deadline: number) {
    this.worker = worker;
    this.scope = scope;
    this.deadline = deadline;
  }

  get waits(): boolean {
    return this.expected === 'waits';
  }
}

/** A task that only sleeps: a function that is called inside of it behaves as if the task had called it. */
export class Worker {
  alive = true;
  task: Task | undefined;
  readonly handle: TaskHandle<unknown>;
  #resource: AsyncResource | undefined;

  constructor(nursery: Nursery) {
    this.handle = nursery.startSoon(() => {
      this.#resource = new AsyncResource('worker');
      this.task = currentTask();
      return sleepForever();
    });
  }

  inside<R>(fn: () => R): R {
    return this.#resource!.runInAsyncScope(fn);
  }

  kill(): void {
    this.alive = false;
    this.handle.cancel();
  }
}

/** A kind of object with its model: the moves are made on both. */
export abstract class Game {
  readonly operations: Operation[] = [];
  workers: readonly Worker[] = [];
  /** The present instant. */
  now = 0;

  abstract readonly moves: readonly ((worker: Worker, step: Step) => void)[];
  /** The model lets a waiting operation end by cancellation. */
  abstract cancelled(operation: Operation): void;
  /** The model does what is left when all moves of a batch have been made. */
  settle(): void {}
  /** Advances time to `now`: all deadlines that have passed expire, in their order. */
  elapse(): void {
    const late = this.operations.filter(({ waits, deadline }) => waits && deadline <= this.now);
    for (const operation of late.sort((a, b) => a.deadline - b.deadline)) this.cancelled(operation);
  }
  /** The real thing looks as the model does. */
  abstract check(): void;

  /** Begins an operation inside the worker; about every third one under a deadline. */
  begin(worker: Worker, { amount }: Step, start: () => PromiseLike<unknown>): Operation {
    // No two deadlines are the same, so that the order in which they pass is certain.
    const patience = amount % 3 === 0 ? 1 + (amount % 25) + this.operations.length / 1e6 : Infinity;
    const scope = new CancelScope({ relativeDeadline: patience });
    const operation = new Operation(worker, scope, this.now + patience);
    this.operations.push(operation);
    worker
      .inside(() => scope.run(start))
      .then(
        (value) => (operation.outcome = scope.cancelledCaught ? 'cancelled' : show(value)),
        (error: unknown) => (operation.outcome = isCancelled(error) ? 'cancelled' : nameOf(error)),
      );
    return operation;
  }

  /** A move of all games: cancels an operation, waiting or not. */
  readonly cancel = (_: Worker, { target }: Step): void => {
    const operation = pick(this.operations, target);
    operation?.scope.cancel();
    if (operation?.waits === true) this.cancelled(operation);
  };

  /** A move of all games: ends a worker, unless it is the last one. */
  readonly kill = (worker: Worker, { amount }: Step): void => {
    if (amount % 4 > 0 || this.workers.filter(({ alive }) => alive).length < 2) return;
    worker.kill();
    for (const operation of this.operations)
      if (operation.worker === worker && operation.waits) this.cancelled(operation);
  };
}

/** The outcome of a call that does not wait: its value, or the name of its error. */
export function outcomeOf(call: () => unknown): string {
  try {
    return show(call());
  } catch (error) {
    return nameOf(error);
  }
}

export function pick<T>(items: readonly T[], index: number): T | undefined {
  return items.length === 0 ? undefined : items[index % items.length];
}

export function remove<T>(items: T[], item: T): void {
  const index = items.indexOf(item);
  if (index >= 0) items.splice(index, 1);
}

function show(value: unknown): string {
  return typeof value === 'object' && value !== null && Symbol.dispose in value
    ? 'held'
    : JSON.stringify(value ?? null);
}

function nameOf(error: unknown): string {
  return (error as Error).name;
}

/** Plays one program, under the order that belongs to a seed, or in the plain order. */
async function play(batches: readonly Batch[], seed: number | undefined, makeGame: () => Game): Promise<void> {
  const clock = new MockClock();
  let left: RunStatistics | undefined;
  const program = (): Promise<void> =>
    openNursery(async (nursery) => {
      const game = makeGame();
      game.workers = Array.from({ length: 4 }, () => new Worker(nursery));
      const rest = async (): Promise<void> => {
        game.settle();
        await waitAllTasksBlocked();
        assert.deepEqual(
          game.operations.map(({ outcome }) => outcome),
          game.operations.map(({ expected }) => expected),
        );
        game.check();
      };
      await rest();
      for (const { steps, jump } of batches) {
        for (const step of steps) {
          const worker = pick(game.workers, step.worker)!;
          if (worker.alive) pick(game.moves, step.move)!(worker, step);
        }
        await rest();
        if (jump === 0) continue;
        game.now += jump;
        clock.jump(jump);
        game.elapse();
        await rest();
      }
      nursery.cancelScope.cancel();
    });
  await run(program, {
    clock,
    ...(seed !== undefined && { seed }),
    instruments: [{ afterRun: (statistics) => void (left = statistics) }],
  });
  const { tasksLiving, operationsWaiting, deadlines } = left!;
  assert.deepEqual(
    { tasksLiving, operationsWaiting, deadlines },
    { tasksLiving: 1, operationsWaiting: 0, deadlines: 0 },
  );
}

/**
 * Plays random programs, and finds the shortest one that goes wrong.
 *
 * @param order `'any'`: under orders that are drawn, too. `'plain'`: where the model knows the plain order only.
 */
export function checkPrograms(makeGame: () => Game, order: 'any' | 'plain' = 'any'): Promise<void> {
  const seeds = order === 'any' ? fc.nat() : fc.constant(undefined);
  return checkProperty(fc.asyncProperty(programs, seeds, (program, seed) => play(program, seed, makeGame)));
}

/** How many minutes are spent on each property; `npm run soak -w packages/sync` sets it. */
const soak = Number(process.env['TERCET_SOAK'] ?? 0);

/** Looks for a counterexample, for three seconds at most, however busy the machine is. */
export async function checkProperty<T>(property: fc.IAsyncProperty<T>): Promise<void> {
  const budget =
    soak > 0
      ? { numRuns: Infinity, interruptAfterTimeLimit: soak * 60_000 }
      : { numRuns: 200, interruptAfterTimeLimit: 3000 };
  await fc.assert(property, budget);
}
