import {
  CancelScope,
  checkpoint,
  currentTime,
  ExceptionGroup,
  isCancelled,
  openNursery,
  run,
  shielded,
  sleep,
  sleepUntil,
  StateError,
} from '@tercet/core';
import type { Nursery, TaskHandle } from '@tercet/core';
import { ParkingLot, rejectIfCancelled, spawnSystemTask } from '@tercet/core/lowlevel';
import type { RunStatistics } from '@tercet/core/lowlevel';
import { MockClock } from '@tercet/testing';
import { LOTS, makePlan } from './plan.ts';
import type { Plan, Step } from './plan.ts';

/** When everything is ended that still waits for something, in virtual milliseconds, and when all must be over. */
const END = 1000;
const LATEST = 2000;

/** Where a piece of the program runs, as the rules of cancellation see it; `undefined` where they leave it open. */
interface Place {
  parent: Place | undefined;
  isCancelled(): boolean | undefined;
}

class Planned extends Error {}

/**
 * Executes the program that belongs to a seed, on the virtual clock, and checks the invariants that must always hold.
 *
 * @returns what did not hold; nothing when all is well.
 */
export async function executeChaos(seed: number): Promise<string[]> {
  const chaos = new Chaos();
  let left: RunStatistics | undefined;
  const clock = new MockClock({ autojumpThreshold: 0 });
  try {
    // Every fifth program in an order that is drawn.
    const order = seed % 5 === 0 ? { seed } : {};
    await run(() => chaos.main(makePlan(seed)), {
      clock,
      ...order,
      instruments: [{ afterRun: (given) => void (left = given) }],
    });
  } catch (error) {
    chaos.seen(error);
  }
  chaos.checkEnd(clock.now(), left!);
  return chaos.violations.map((violation) => `seed ${seed}: ${violation}`);
}

class Chaos {
  readonly violations: string[] = [];
  readonly #lots = Array.from({ length: LOTS }, () => new ParkingLot());
  readonly #scopes: CancelScope[] = [];
  readonly #nurseries: { nursery: Nursery; place: Place }[] = [];
  readonly #tasks: { handle: TaskHandle<unknown>; cancelled: boolean }[] = [];
  /** How often each planned error has come out somewhere. */
  readonly #errors = new Map<Planned, number>();
  #living = 0;

  async main(plan: Plan): Promise<void> {
    const root: Place = { parent: undefined, isCancelled: () => false };
    const scope = new CancelScope({ relativeDeadline: END });
    spawnSystemTask(() => this.#endShields());
    try {
      await scope.run(() => this.#execute(plan, placeOf(scope, root)));
    } finally {
      this.#require(this.#living === 0, 'tasks live on behind main');
      await checkpoint();
    }
  }

  /** Tasks that still wait behind a shield at the end would wait for ever. */
  async #endShields(): Promise<void> {
    for (let at = END; ; at += 10) {
      await sleepUntil(at);
      for (const scope of this.#scopes) scope.shield = false;
    }
  }

  /** Looks at an error that has come out: planned ones count, others must be among those that the library may throw. */
  seen(error: unknown): void {
    for (const leaf of leavesOf(error)) {
      if (leaf instanceof Planned) this.#errors.set(leaf, this.#errors.get(leaf)! + 1);
      else if (isCancelled(leaf)) this.violations.push('a Cancelled came out of everything');
      else if (!(leaf instanceof StateError && /start\(\)|closed/.test(leaf.message))) {
        this.violations.push(`unexpected ${String(leaf)}`);
      }
    }
  }

  checkEnd(now: number, { tasksLiving, operationsWaiting, deadlines, processHolders }: RunStatistics): void {
    for (const times of this.#errors.values()) this.#require(times === 1, `an error came out ${times} times`);
    this.#require(now <= LATEST, `it took until ${now}`);
    const left = [tasksLiving - 1, operationsWaiting, deadlines, processHolders];
    this.#require(
      left.every((count) => count === 0),
      `left behind: ${left.join(', ')}`,
    );
    for (const lot of this.#lots) this.#require(lot.size === 0, 'a waiter was left behind');
  }

  async #execute(plan: Plan, place: Place): Promise<void> {
    for (const step of plan) await this.#step(step, place);
  }

  async #step(step: Step, place: Place): Promise<void> {
    switch (step.do) {
      case 'sleep':
        return this.#sleep(step.for, place);
      case 'checkpoint':
        return checkpoint();
      case 'look':
        return this.#look(place);
      case 'fail':
        throw this.#error();
      case 'park':
        return this.#lots[step.lot]!.park();
      case 'unpark':
        return void this.#lots[step.lot]!.unpark();
      case 'cancel':
        return pick(this.#scopes, step.scope)?.cancel('chaos');
      case 'toggle shield': {
        const scope = pick(this.#scopes, step.scope);
        if (scope !== undefined) scope.shield = !scope.shield;
        return;
      }
      case 'move deadline': {
        const scope = pick(this.#scopes, step.scope);
        if (scope !== undefined) scope.deadline = currentTime() + step.by;
        return;
      }
      case 'cancel task':
        return this.#cancelTask(pick(this.#tasks, step.task));
      case 'scope':
        return this.#scope(step.shield, step.deadline, step.body, place);
      case 'nursery':
        return this.#nursery(step.tasks, step.body, place);
      case 'spawn':
        return this.#spawn(pick(this.#nurseries, step.nursery), step.body);
      case 'start':
        return this.#start(pick(this.#nurseries, step.nursery), step.setUp, step.body);
      case 'both':
        return this.#both(step.left, step.right, place);
      case 'catch':
        return this.#execute(step.body, place).catch((error: unknown) => {
          if (leavesOf(error).some(isCancelled)) throw error;
          this.seen(error);
        });
      case 'swallow':
        return this.#execute(step.body, place).catch((error: unknown) => {
          for (const leaf of leavesOf(error)) if (!isCancelled(leaf)) this.seen(leaf);
        });
      case 'clean up':
        try {
          return await this.#execute(step.body, place);
        } finally {
          await shielded(() => sleep(step.for));
        }
    }
  }

  /** A sleep returns exactly on time, or throws Cancelled before it. */
  async #sleep(duration: number, place: Place): Promise<void> {
    const until = currentTime() + duration;
    try {
      await sleep(duration);
    } catch (error) {
      this.#require(isCancelled(error), `sleep() threw ${String(error)}`);
      throw error;
    }
    this.#require(currentTime() === until, `sleep() was ${currentTime() - until} ms late`);
    return this.#look(place);
  }

  /** Cancelled at this very moment is who ought to be. */
  async #look(place: Place): Promise<void> {
    const expected = place.isCancelled();
    const rejection = rejectIfCancelled('look()');
    const found = rejection !== undefined;
    this.#require(expected === undefined || expected === found, `cancelled: ${found}, but should be: ${expected}`);
    await rejection;
  }

  async #scope(shield: boolean, deadline: number | undefined, body: Plan, place: Place): Promise<void> {
    const scope = new CancelScope({ shield, ...(deadline === undefined ? {} : { relativeDeadline: deadline }) });
    this.#scopes.push(scope);
    // Whether this scope catches is decided at its exit. If the outer scope is in the same state before and after, it was then.
    const outerIsCancelled = (): boolean | undefined => !scope.shield && place.isCancelled();
    let before: boolean | undefined;
    await scope
      .run(() => this.#execute(body, placeOf(scope, place)).finally(() => (before = outerIsCancelled())))
      .finally(() => {
        const passes = before === true && outerIsCancelled() === true;
        this.#require(!(passes && scope.cancelledCaught), 'an inner scope has caught what an outer one should');
      });
    if (scope.cancelledCaught) this.#require(scope.cancelCalled || anyCancelled(place), 'caught without a cancel');
  }

  async #nursery(tasks: readonly Plan[], body: Plan, place: Place): Promise<void> {
    const account = { living: 0 };
    try {
      await openNursery(async (nursery) => {
        const inside = placeOf(nursery.cancelScope, place);
        this.#scopes.push(nursery.cancelScope);
        this.#nurseries.push({ nursery, place: inside });
        accounts.set(nursery, account);
        for (const task of tasks) this.#spawnIn(nursery, inside, task);
        await this.#execute(body, inside);
      });
    } finally {
      this.#require(account.living === 0, `${account.living} children outlive their nursery`);
    }
  }

  #spawn(target: { nursery: Nursery; place: Place } | undefined, body: Plan): void {
    if (target !== undefined) this.#spawnIn(target.nursery, target.place, body);
  }

  #spawnIn(nursery: Nursery, place: Place, body: Plan): void {
    const account = accounts.get(nursery)!;
    const task = { cancelled: false };
    const inside: Place = {
      parent: place,
      isCancelled: () => task.cancelled || place.isCancelled(),
    };
    const handle = nursery.startSoon(() => this.#live(account, () => this.#execute(body, inside)));
    account.living++;
    this.#tasks.push(Object.assign(task, { handle }));
  }

  async #live(account: { living: number }, body: () => Promise<void>): Promise<void> {
    this.#living++;
    try {
      await body();
    } finally {
      this.#living--;
      account.living--;
    }
  }

  #cancelTask(task: { handle: TaskHandle<unknown>; cancelled: boolean } | undefined): void {
    if (task?.handle.state !== 'running') return;
    task.handle.cancel();
    task.cancelled = true;
  }

  async #start(target: { nursery: Nursery; place: Place } | undefined, setUp: Plan, body: Plan): Promise<void> {
    if (target === undefined) return;
    const account = accounts.get(target.nursery)!;
    const open: Place = { parent: undefined, isCancelled: () => undefined };
    await target.nursery.start<void>((status) => {
      account.living++;
      return this.#live(account, async () => {
        await this.#execute(setUp, open);
        status.started();
        await this.#execute(body, open);
      });
    });
  }

  /** Two branches of one task, each with its own scopes: no error of either gets lost. */
  async #both(left: Plan, right: Plan, place: Place): Promise<void> {
    const ends = await Promise.allSettled([this.#execute(left, place), this.#execute(right, place)]);
    const errors: unknown[] = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    if (errors.length > 0) throw new ExceptionGroup('both', errors);
  }

  #error(): Planned {
    const error = new Planned('planned');
    this.#errors.set(error, 0);
    return error;
  }

  #require(holds: boolean, text: string): void {
    if (!holds) this.violations.push(text);
  }
}

const accounts = new WeakMap<Nursery, { living: number }>();

function placeOf(scope: CancelScope, parent: Place): Place {
  return {
    parent,
    isCancelled: () => scope.cancelCalled || (scope.shield ? false : parent.isCancelled()),
  };
}

function anyCancelled(place: Place): boolean {
  for (let at: Place | undefined = place; at !== undefined; at = at.parent) if (at.isCancelled() !== false) return true;
  return false;
}

function pick<T>(all: readonly T[], number: number): T | undefined {
  return all.length === 0 ? undefined : all.at(-1 - (number % all.length));
}

function leavesOf(error: unknown): unknown[] {
  return error instanceof ExceptionGroup ? error.leaves() : [error];
}

/** Runs many programs, some side by side. */
export async function executeMany(first: number, count: number, sideBySide = 50): Promise<string[]> {
  const violations: string[] = [];
  for (let seed = first; seed < first + count; seed += sideBySide) {
    const seeds = Array.from({ length: Math.min(sideBySide, first + count - seed) }, (_, index) => seed + index);
    for (const found of await Promise.all(seeds.map(executeChaos))) violations.push(...found);
  }
  return violations;
}
