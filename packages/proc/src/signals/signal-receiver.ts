import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { BusyResourceError, ExceptionGroup, StateError } from '@tercet/core';
import { WaitQueue, inspectAs, ready, rejectIfCancelled, runOutside } from '@tercet/core/lowlevel';
import { takeSignal } from './signal-listener.ts';
import { requireReceivable } from './signal-names.ts';

/** As long as Node's timers go: milliseconds. */
const LONG = 2 ** 31 - 1;

/**
 * Receives signals instead of whoever would get them otherwise: the system's default action, `main`, other listeners.
 *
 * Signals are not counted: the same one that comes again before it has been received is one. Several different ones are
 * received in the order in which they came. While a task waits here, the process stays alive.
 *
 * @param signals names such as `'SIGHUP'`; a name that is given twice counts once.
 * @returns the receiver; `using` gives the signals back at the end of its block. What has come and was not received by
 * then is raised again, and finds what was there before.
 * @throws {TypeError} when no signal is given. @throws {RangeError} when one does not exist or cannot be received.
 * @throws {StateError} in a worker thread, which gets no signals.
 * @example
 * using hangups = openSignalReceiver('SIGHUP');
 * for await (const signal of hangups) await reloadConfiguration();
 */
export function openSignalReceiver(...signals: NodeJS.Signals[]): SignalReceiver {
  const operation = 'openSignalReceiver()';
  if (signals.length === 0) throw new TypeError(`${operation}: name at least one signal, such as 'SIGHUP'`);
  for (const signal of signals) requireReceivable(signal, operation);
  if (!isMainThread) throw new StateError(`${operation} was called in a worker thread, which gets no signals`);
  return makeReceiver(signals);
}

let makeReceiver: (signals: readonly NodeJS.Signals[]) => SignalReceiver;

/** Where signals come in: see `openSignalReceiver`, which makes one. */
export class SignalReceiver implements AsyncIterable<NodeJS.Signals>, Disposable {
  static {
    makeReceiver = (signals) => new SignalReceiver(signals);
    inspectAs(this, (receiver) => {
      const state = receiver.#closed ? 'closed' : `${receiver.#pending.size} pending`;
      return `SignalReceiver ${[...receiver.#giveBack.keys()].join(', ')}: ${state}`;
    });
  }

  readonly #giveBack = new Map<NodeJS.Signals, () => void>();
  // A set keeps the place of what is in it already: a signal that comes all the time cannot overtake another one.
  readonly #pending = new Set<NodeJS.Signals>();
  readonly #waiting = new WaitQueue<NodeJS.Signals>('a signal');
  #closed = false;

  private constructor(signals: readonly NodeJS.Signals[]) {
    for (const signal of new Set(signals)) this.#giveBack.set(signal, takeSignal(signal, this.#onSignal));
  }

  /**
   * Waits for the next signal. A checkpoint.
   *
   * @throws {BusyResourceError} when another task is waiting here; that one goes on undisturbed.
   * @throws {StateError} when the receiver is closed, or gets closed meanwhile.
   * @throws {Cancelled} when the surrounding scope is cancelled; no signal is lost.
   */
  async receive(): Promise<NodeJS.Signals> {
    const operation = 'SignalReceiver.receive()';
    const cancelled = rejectIfCancelled(operation);
    if (cancelled !== undefined) return await cancelled;
    if (this.#closed) throw closedError();
    if (this.#waiting.length > 0) {
      throw new BusyResourceError('another task is waiting for signals of this receiver; open another receiver');
    }
    for (const signal of this.#pending) {
      this.#pending.delete(signal);
      return await ready(signal, operation);
    }
    // Listeners of signals do not keep a process alive.
    const hold = runOutside(() => setInterval(() => undefined, LONG));
    try {
      return await this.#waiting.wait(undefined);
    } finally {
      clearInterval(hold);
    }
  }

  /** Signals as they come, without an end. Leaving the loop does not close the receiver. */
  [Symbol.asyncIterator](): AsyncIterator<NodeJS.Signals, never> {
    return { next: async () => ({ done: false, value: await this.receive() }) };
  }

  /**
   * Gives the signals back; those that have come and were not received are raised again. Doing it again has no effect.
   *
   * Not a checkpoint.
   *
   * @throws {ExceptionGroup} with what listeners throw that get a signal again; the others have got theirs.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const giveBack of this.#giveBack.values()) giveBack();
    this.#waiting.first?.fail(closedError());
    const errors = [...this.#pending].flatMap(raiseAgain);
    if (errors.length > 0) throw new ExceptionGroup('errors of listeners that were given pending signals', errors);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#waiting.wakeFirst(signal)) return;
    this.#pending.add(signal);
  };
}

// To those who listen now it is handed over directly: sent by way of the system, it would come some turns of the event
// loop later, when it may be somebody else's. Without a listener the system does what it does by default, at once.
function raiseAgain(signal: NodeJS.Signals): unknown[] {
  const listeners = process.rawListeners(signal) as ((signal: NodeJS.Signals, number: number) => void)[];
  if (listeners.length === 0) process.kill(process.pid, signal);
  return listeners.flatMap((listener) => {
    try {
      listener.call(process, signal, constants.signals[signal]);
      return [];
    } catch (error) {
      return [error];
    }
  });
}

function closedError(): StateError {
  return new StateError('this SignalReceiver is closed and gets no signals any more; open another one');
}
