import { describeValue } from '../errors/describe-value.ts';
import { StateError } from '../errors/tercet-error.ts';
import { currentNode, findNode } from '../frames/frames.ts';
import { inspectAs } from '../platform/platform.ts';
import { rejected } from '../waiting/checkpoint.ts';
import { requireFunction } from '../foreign/require-function.ts';
import type { Clock } from '../time/clock.ts';
import { requireInstant, toMilliseconds } from '../time/duration.ts';
import type { Duration } from '../time/duration.ts';
import { abortIn, causeOf, followSignal, requireSignal, signalOf } from './abort-signals.ts';
import type { CancelNode } from './cancel-node.ts';
import { describeScope } from './describe-scope.ts';
import { ScopeNode } from './scope-node.ts';
import type { CancelScopeOptions, ShutdownOptions } from './scope-options.ts';

/**
 * A part of the program that can be cancelled as a whole: the body that `run` executes, all it calls, and all tasks in
 * nurseries that are opened there.
 *
 * A scope is used once. It may be cancelled, and its deadline and shield set, before it is entered.
 *
 * @example
 * const scope = new CancelScope();
 * button.on('click', () => scope.cancel('the user gave up'));
 * await scope.run(download);
 * if (scope.cancelledCaught) console.log('stopped');
 */
export class CancelScope {
  static {
    inspectAs(this, (scope) => `CancelScope ${describeScope(scope, scope.#node, scope.#clock)}`);
  }

  readonly #node: ScopeNode;
  /** Until it is entered; Infinity when the deadline is an instant, or there is none. */
  #relativeDeadline = Infinity;
  /** The signal that it follows. */
  #signalIn: AbortSignal | undefined = undefined;
  /** The controllers of `signal` and `shutdownSignal`, made when these are first asked for. */
  #controller: AbortController | undefined = undefined;
  #shutdownController: AbortController | undefined = undefined;

  /**
   * @throws {RangeError} when a deadline is NaN, a relative one negative, or both are given.
   * @throws {TypeError} when an option has another type.
   */
  constructor(options?: CancelScopeOptions);
  constructor(options: CancelScopeOptions | ScopeNode = {}) {
    if (new.target !== CancelScope) throw new TypeError('CancelScope cannot be extended');
    if (options instanceof ScopeNode) {
      this.#node = options;
      return;
    }
    this.#node = new ScopeNode();
    const { deadline, relativeDeadline, shield, signal } = options;
    if (deadline !== undefined) this.#node.setDeadline(requireInstant(deadline, 'CancelScope'));
    if (relativeDeadline !== undefined) this.#relativeDeadline = toMilliseconds(relativeDeadline, 'CancelScope');
    if (this.#node.deadline !== Infinity && this.#relativeDeadline !== Infinity) {
      throw new RangeError('CancelScope: give either a deadline or a relativeDeadline, not both');
    }
    if (shield !== undefined) this.shield = shield;
    requireSignal(signal, 'CancelScope');
    this.#signalIn = signal;
  }

  /** @internal The node behind it. */
  static nodeOf(scope: CancelScope): ScopeNode {
    return scope.#node;
  }

  /**
   * Enters the scope, runs `body` in it, and leaves it when the body has ended.
   *
   * Neither entering nor leaving is a checkpoint.
   *
   * @returns the body's value; `undefined` when a cancellation of the scope ended the body.
   * @throws {StateError} when the scope has been used before, or outside of a run.
   * @throws the error of the body, without the `Cancelled` that this scope absorbs. The outermost cancelled scope below the
   * nearest shield absorbs it.
   */
  run<T>(body: (scope: CancelScope) => T | PromiseLike<T>): Promise<T | undefined> {
    try {
      requireFunction('CancelScope.run', body);
      const parent = this.#requireUnused();
      const signal = this.#signalIn;
      return signal === undefined ? this.#enter(parent).execute(body, this) : this.#follow(signal, parent, body);
    } catch (error) {
      return rejected(error);
    }
  }

  // Follows the signal before it enters: if listening to the signal fails, the scope must not stay entered.
  async #follow<T>(
    signal: AbortSignal,
    parent: CancelNode,
    body: (scope: CancelScope) => T | PromiseLike<T>,
  ): Promise<T | undefined> {
    const stopFollowing = followSignal(signal, this.#node);
    try {
      return await this.#enter(parent).execute(body, this);
    } finally {
      stopFollowing();
    }
  }

  /** @returns the node of the caller, in which the scope will be entered. */
  #requireUnused(): CancelNode {
    const node = this.#node;
    if (node.entered) {
      const use =
        node.kind === 'nursery' ? 'openNursery() enters the scope of a nursery' : 'a scope is for a single run()';
      throw new StateError(`CancelScope.run(): ${use}; make a new CancelScope`);
    }
    return currentNode('CancelScope.run()');
  }

  #enter(parent: CancelNode): ScopeNode {
    const node = this.#node;
    let now: number | undefined;
    if (this.#relativeDeadline !== Infinity) {
      now = parent.run.clock.now();
      node.setDeadline(now + this.#relativeDeadline);
    }
    node.enter(parent, undefined, now);
    return node;
  }

  /**
   * Cancels everything in the scope, for good: from now on, each checkpoint in it throws `Cancelled`. Operations that wait
   * there have been aborted when this returns. A second call changes nothing; the first reason stays.
   *
   * @param reason a text for people, which `Cancelled` shows. Any other value, such as the error that an emitter passes on,
   * cancels just as well and is converted to text.
   */
  cancel(reason?: string): void {
    this.#node.cancelWith('explicit', reason, findNode()?.task.name);
  }

  /**
   * Asks everything in the scope to finish: bodies of `untilShutdown` end, `isShuttingDown()` is true, and all other code
   * goes on until the grace period is over. Then the scope is cancelled, with the source `'shutdown'`.
   *
   * Code behind a shield does not see the shutdown, as it does not see a cancellation. A second call can only shorten the
   * grace period. If it is called before the scope is entered, the grace period begins when it is entered. Not a checkpoint.
   *
   * @param options.grace how long the work may take to end: milliseconds, or `{ seconds: 10 }`; no limit by default. With 0
   *   the scope is cancelled at once.
   * @param options.reason a text for people, which `Cancelled` shows.
   * @throws {RangeError} when the grace is negative or NaN.
   * @example
   * process.once('SIGTERM', () => scope.shutdown({ grace: { seconds: 10 } }));
   */
  shutdown(options: ShutdownOptions = {}): void {
    const grace = toMilliseconds(options.grace ?? Infinity, 'CancelScope.shutdown()');
    this.#node.takeSoftEnd().shutDown(options.reason, grace);
  }

  /** Whether `shutdown` has been called on this scope. A shutdown of an outer scope does not count. */
  get shutdownCalled(): boolean {
    return this.#node.softEnd?.cause !== undefined;
  }

  /**
   * Aborts when code in the scope should finish: when a shutdown reaches the scope, or when it is cancelled without one. For
   * libraries that take an AbortSignal.
   */
  get shutdownSignal(): AbortSignal {
    if (this.#shutdownController === undefined) {
      const controller = (this.#shutdownController = new AbortController());
      signalOf(this.#node, controller);
      this.#node.takeSoftEnd().follow((cause) => abortIn(this.#node, controller, cause));
    }
    return this.#shutdownController.signal;
  }

  /** Whether this scope has been cancelled, by `cancel`, its deadline or its signal. A cancelled outer scope does not count. */
  get cancelCalled(): boolean {
    const node = this.#node;
    if (!node.entered && this.#signalIn?.aborted === true) node.cancelFor(causeOf(this.#signalIn));
    // Its deadline may have passed without the alarm having gone off.
    if (!node.exited && node.deadline <= (this.#clock?.now() ?? -Infinity)) node.expire();
    return node.cancelCalled;
  }

  /** The clock of its run; before it is entered, of the run of the calling code. */
  get #clock(): Clock | undefined {
    return (this.#node.entered ? this.#node : findNode())?.run.clock;
  }

  /** Whether its cancellation has ended the body. Known when the scope has been left. */
  get cancelledCaught(): boolean {
    return this.#node.cancelledCaught;
  }

  /**
   * The instant at which it is cancelled, in milliseconds of `currentTime()`; Infinity when there is none. It may be set at
   * any time until the scope is cancelled. An instant in the past cancels at once.
   *
   * @throws {RangeError} when it is set to NaN.
   */
  get deadline(): number {
    if (this.isRelative !== true) return this.#node.deadline;
    return currentNode('deadline of a scope with a relative deadline').run.clock.now() + this.#relativeDeadline;
  }

  set deadline(deadline: number) {
    this.#node.setDeadline(requireInstant(deadline, 'CancelScope.deadline'));
    this.#relativeDeadline = Infinity;
  }

  /**
   * The time until the deadline, in milliseconds: from now, or, before the scope is entered, from the moment of entering.
   *
   * @throws {RangeError} when it is set to a negative number or NaN.
   * @throws {StateError} when it is read before entering, of a scope with an absolute deadline.
   */
  get relativeDeadline(): number {
    const node = this.#node;
    if (node.entered) return node.deadline - node.run.clock.now();
    if (node.deadline !== Infinity) {
      throw new StateError('a scope that has a deadline has no relative one before it is entered; read deadline');
    }
    return this.#relativeDeadline;
  }

  set relativeDeadline(duration: Duration) {
    const node = this.#node;
    this.#relativeDeadline = toMilliseconds(duration, 'CancelScope.relativeDeadline');
    node.setDeadline(node.entered ? node.run.clock.now() + this.#relativeDeadline : Infinity);
  }

  /** Whether the deadline counts from the moment of entering; `undefined` once the scope has been entered. */
  get isRelative(): boolean | undefined {
    return this.#node.entered ? undefined : this.#relativeDeadline !== Infinity;
  }

  /**
   * Whether the scope ignores the cancellation of outer scopes. Its own `cancel` and deadline still take effect. When an
   * outer scope is cancelled, removing the shield aborts the operations that wait in this one at once.
   *
   * @throws {TypeError} when it is set to anything but a boolean.
   */
  get shield(): boolean {
    return this.#node.shielded;
  }

  set shield(shield: boolean) {
    if (typeof shield !== 'boolean')
      throw new TypeError(`CancelScope.shield must be a boolean, not ${describeValue(shield)}`);
    this.#node.setShield(shield);
  }

  /**
   * Aborts when code in the scope is cancelled, by this scope or an outer one. Its reason is the `Cancelled`. For libraries
   * that take an AbortSignal.
   */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      signalOf(this.#node, this.#controller);
    }
    return this.#controller.signal;
  }
}
