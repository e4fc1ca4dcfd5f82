import { CancelCause } from '../errors/cancelled.ts';
import { unawaited } from '../errors/unawaited.ts';
import { reportCancelled } from '../probes/events.ts';
import { noteSite } from '../probes/sites.ts';
import { currentLocalsHolder } from '../frames/frames.ts';
import type { LocalsHolder } from '../frames/frames.ts';
import type { TaskNode } from '../tasks/task-node.ts';
import type { Timed } from '../time/deadlines.ts';
import { absorb } from '../errors/absorb.ts';
import { callIn } from './call-in.ts';
import { CancelNode } from './cancel-node.ts';
import { expectEnd } from './overdue.ts';
import { SoftEnd } from './shutdown.ts';
import { unfinishedIn } from './unfinished.ts';

/** The node of a `CancelScope`, which may be cancelled before it is entered; a nursery extends it. */
export class ScopeNode extends CancelNode implements Timed {
  /** This and the next are set when it is entered. */
  override task!: TaskNode;
  override localsHolder!: LocalsHolder;
  /** The instant at which it is cancelled; Infinity when there is none. */
  #deadline = Infinity;
  /** The same while it is registered with the run's deadlines, which is while the scope can still be cancelled; else NaN. */
  at: number = NaN;
  /** Whether its own deadline was what cancelled it. */
  timedOut = false;
  /** Whether leaving it has taken a `Cancelled` out of an error. */
  cancelledCaught = false;
  /** The value of `absorbs` at the moment in which it was left, which is what decides. */
  #absorbing = false;
  /** Made by the first shutdown, or when the signal of a shutdown is first asked for. */
  #softEnd: SoftEnd | undefined = undefined;

  override get kind(): 'nursery' | 'scope' {
    return 'scope';
  }

  /** Whether it is, or was, in the tree. */
  get entered(): boolean {
    return this.parent !== undefined;
  }

  /**
   * Enters the tree. A deadline that has passed already cancels it on the spot.
   *
   * @param localsHolder holds the task-local values of the entering code, which may differ from those of its node.
   * @param now the present instant, if the caller has just read the clock.
   */
  enter(parent: CancelNode, localsHolder: LocalsHolder = currentLocalsHolder(), now?: number): void {
    this.run = parent.run;
    this.task = parent.task;
    this.localsHolder = localsHolder;
    noteSite(this, undefined);
    if (this.cause !== undefined) {
      expectEnd(this);
      reportCancelled(this.task, this.cause);
    }
    this.attach(parent);
    if (this.deadline !== Infinity && !this.cancelCalled) this.#register(now);
    this.#softEnd?.entered();
  }

  /** Whether its own deadline, and nothing else, has ended its body. */
  get endedByOwnDeadline(): boolean {
    return this.cancelledCaught && this.timedOut;
  }

  override get softEnd(): SoftEnd | undefined {
    return this.#softEnd;
  }

  /** The same, made if necessary. */
  takeSoftEnd(): SoftEnd {
    return (this.#softEnd ??= new SoftEnd(this));
  }

  override get deadline(): number {
    return this.#deadline;
  }

  /** Moves the deadline, before or after entering. One that has passed cancels a scope that is entered on the spot. */
  setDeadline(deadline: number): void {
    this.#deadline = deadline;
    if (this.entered && !this.exited && !this.cancelCalled) this.#register();
  }

  #register(now: number = this.run.clock.now()): void {
    const { run } = this;
    if (this.deadline <= now) this.expire();
    else run.deadlines.set(this, this.deadline);
  }

  /** The deadline has passed. */
  expire(): void {
    if (this.cancelCalled) return;
    this.timedOut = true;
    this.cancelFor(new CancelCause('deadline'));
  }

  override cancelFor(cause: CancelCause): void {
    if (this.entered) {
      this.run.deadlines.remove(this);
      this.#softEnd?.over();
      super.cancelFor(cause);
    } else if (!this.cancelCalled) {
      this.cancelCalled = true;
      this.cause = cause;
    }
  }

  /**
   * Runs a body in this node, and leaves it. Resolves to `undefined` when the node absorbed a cancellation. Leaving is not a
   * checkpoint, but it counts as a step of the run's slice: a loop over bodies that never wait must not block the event loop.
   */
  async execute<A, T>(body: (argument: A) => T | PromiseLike<T>, argument: A): Promise<T | undefined> {
    const { slice } = this.run;
    let value: T;
    try {
      value = await callIn(this, body, argument);
    } catch (error) {
      const orphans = this.exit();
      if (orphans !== undefined) await orphans;
      if (slice.isSpent()) await slice.next(undefined);
      return this.filter(error);
    }
    const unfinished = unfinishedIn(this);
    const orphans = this.exit();
    if (orphans !== undefined) await orphans;
    if (slice.isSpent()) await slice.next(undefined);
    if (unfinished !== undefined) throw unawaited('a cancel scope', unfinished);
    return value;
  }

  /** Leaves the tree, as `leave` says, and remembers the value of `absorbs` at that moment. */
  exit(): Promise<unknown> | undefined {
    this.#absorbing = this.absorbs;
    this.letGo();
    return this.leave();
  }

  protected override letGo(): void {
    this.run.deadlines.remove(this);
    this.#softEnd?.over();
  }

  /** Throws what is left of an error of the body. Returns normally when the node absorbs all of it. */
  filter(error: unknown): undefined {
    if (!this.#absorbing) throw error;
    const { caught, remains, error: rest } = absorb(error);
    if (caught) {
      this.cancelledCaught = true;
      this.task.forgetCancelled();
    }
    if (remains) throw rest;
    return undefined;
  }
}
