/**
 * The base class of every error that Tercet makes itself.
 *
 * @example
 * if (error instanceof TercetError) console.error(error.name, error.message);
 */
export class TercetError extends Error {}

/**
 * A `failAfter` or `failAt` ended its body, because its own deadline passed.
 *
 * @example
 * try {
 *   await failAfter(500, () => ask(server));
 * } catch (error) {
 *   if (!(error instanceof TooSlowError)) throw error;
 *   console.log('no answer in time');
 * }
 */
export class TooSlowError extends TercetError {}

/**
 * A `…Nowait` operation would have had to wait.
 *
 * @example
 * try {
 *   channel.sendNowait(item);
 * } catch (error) {
 *   if (!(error instanceof WouldBlock)) throw error;
 *   dropped++;
 * }
 */
export class WouldBlock extends TercetError {}

/**
 * All senders of a channel have closed it, and all items have been received.
 *
 * @example
 * try {
 *   for (;;) await handle(await channel.receive());
 * } catch (error) {
 *   if (!(error instanceof EndOfChannel)) throw error;
 * }
 */
export class EndOfChannel extends TercetError {}

/**
 * A second task used a resource that serves one task at a time. The first task is not affected.
 *
 * @example
 * nursery.startSoon(() => stream.receiveSome());
 * nursery.startSoon(() => stream.receiveSome()); // BusyResourceError: one task at a time
 */
export class BusyResourceError extends TercetError {}

/**
 * This side closed the resource, before or while it was used.
 *
 * @example
 * await stream.close();
 * await stream.sendAll('hello'); // ClosedResourceError
 */
export class ClosedResourceError extends TercetError {}

/**
 * The resource cannot be used any more, but this side has not closed it: the peer has gone, or an owner has ended.
 *
 * @example
 * try {
 *   await stream.sendAll('hello');
 * } catch (error) {
 *   if (!(error instanceof BrokenResourceError)) throw error;
 *   console.log('the peer has gone');
 * }
 */
export class BrokenResourceError extends TercetError {}

/**
 * A run token was used after its run had ended.
 *
 * @example
 * const token = await run(() => currentRunToken());
 * token.runSoon(() => undefined); // RunFinishedError
 */
export class RunFinishedError extends TercetError {}

/**
 * The task whose result was asked for has failed; `cause` is its error.
 *
 * @example
 * const handle = nursery.startSoon(load);
 * try {
 *   console.log(await handle.result());
 * } catch (error) {
 *   if (error instanceof TaskFailedError) console.log('it failed:', error.cause);
 *   throw error;
 * }
 */
export class TaskFailedError extends TercetError {}

/**
 * An operation is not allowed in this state: outside of a run, after the end, a second time. The text says what to do.
 *
 * @example
 * await run(() => sleep(10)); // in a run
 * await sleep(10).catch((error) => console.log(error.message)); // sleep() was called outside of a run; …
 */
export class StateError extends TercetError {}

/**
 * A body ended while operations that it had started were still pending: most likely an `await` is missing.
 *
 * @example
 * try {
 *   await new CancelScope().run(() => void sleep(1000));
 * } catch (error) {
 *   if (error instanceof UnawaitedError) console.log(error.operations);
 * }
 */
export class UnawaitedError extends TercetError {
  /** The names of the operations that were still pending. */
  readonly operations: readonly string[];

  constructor(message: string, operations: readonly string[]) {
    super(message);
    this.operations = operations;
  }
}

/**
 * Nothing could ever wake the run again. The text shows the tasks and the operations in which they waited.
 *
 * @example
 * run(() => new Event().wait()).catch((error) => {
 *   if (error instanceof DeadlockError) console.error(error.message); // the task tree
 * });
 */
export class DeadlockError extends TercetError {}

/**
 * An invariant of the framework was broken, by the framework or by a primitive that broke its contract.
 *
 * @example
 * if (error instanceof InternalError) console.error('please report this:', error);
 */
export class InternalError extends TercetError {}

// Written out, since a bundler may rename the classes.
for (const [name, type] of Object.entries({
  TercetError,
  TooSlowError,
  WouldBlock,
  EndOfChannel,
  BusyResourceError,
  ClosedResourceError,
  BrokenResourceError,
  RunFinishedError,
  TaskFailedError,
  StateError,
  UnawaitedError,
  DeadlockError,
  InternalError,
})) {
  type.prototype.name = name;
}
