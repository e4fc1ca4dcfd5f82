import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { BusyResourceError, ExceptionGroup, StateError } from '@tercet/core';
import { WaitQueue, inspectAs, ready, rejectIfCancelled } from '@tercet/core/lowlevel';
import { keepProcessAlive } from './keep-process-alive.ts';
import { raiseSignal } from './raise-signal.ts';
import { takeSignal } from './signal-listener.ts';
import { requireReceivable } from './signal-names.ts';

/**
 * Receives signals in place of `main`, other listeners and the system's default action.
 *
 * Signals are not counted: a signal that arrives again before it has been received counts once. Different signals are
 * received in the order in which they first arrived. The process stays alive while a task waits for a signal here.
 *
 * @param signals names such as `'SIGHUP'`; a name that is given twice counts once.
 * @returns the receiver. At the end of its block, `using` gives the signals back: to the listeners that had them before, or to
 * the system's default action. Signals that have arrived and were not received are then raised again.
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

/**
 * A source of signals, made by `openSignalReceiver`.
 *
 * @example
 * await openNursery((nursery) => {
 *   const signals: SignalReceiver = openSignalReceiver('SIGHUP');
 *   nursery.startSoon(async () => {
 *     using taken = signals;
 *     for await (const signal of taken) {
 *       console.log(`${signal}: the settings are read again`);
 *       break;
 *     }
 *   });
 *   nursery.startSoon(async () => {
 *     process.kill(process.pid, 'SIGHUP');
 *   });
 * });
 */
export class SignalReceiver implements AsyncIterable<NodeJS.Signals>, Disposable {
  static {
    makeReceiver = (signals) => new SignalReceiver(signals);
    inspectAs(this, (receiver) => {
      const state = receiver.#closed ? 'closed' : `${receiver.#pending.size} pending`;
      return `SignalReceiver ${[...receiver.#giveBack.keys()].join(', ')}: ${state}`;
    });
  }

  /** For each signal taken, the function that gives it back. */
  readonly #giveBack = new Map<NodeJS.Signals, () => void>();
  /**
   * Signals that have arrived while no task was waiting, oldest first. Adding one that is there already does not move it, so
   * a signal that arrives all the time cannot overtake another one.
   */
  readonly #pending = new Set<NodeJS.Signals>();
  /** At most one task. When there is one, `#pending` is empty. */
  readonly #waiting = new WaitQueue<NodeJS.Signals>('a signal');
  #closed = false;

  private constructor(signals: readonly NodeJS.Signals[]) {
    for (const signal of new Set(signals)) this.#giveBack.set(signal, takeSignal(signal, this.#onSignal));
  }

  /**
   * Waits for the next signal. A checkpoint.
   *
   * @throws {BusyResourceError} when another task is waiting here already; that task is not affected.
   * @throws {StateError} when the receiver is closed, or is closed during the wait.
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
    const timer = keepProcessAlive();
    try {
      return await this.#waiting.wait(undefined);
    } finally {
      clearInterval(timer);
    }
  }

  /** Signals as they arrive; never ends. Leaving the loop does not close the receiver. */
  [Symbol.asyncIterator](): AsyncIterator<NodeJS.Signals, never> {
    return { next: async () => ({ done: false, value: await this.receive() }) };
  }

  /**
   * Gives the signals back, and raises again those that have arrived and were not received. Closing again has no effect.
   *
   * Not a checkpoint.
   *
   * @throws {ExceptionGroup} of the errors that listeners throw for signals raised again; every listener has been called.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const giveBack of this.#giveBack.values()) giveBack();
    this.#waiting.first?.fail(closedError());
    const errors = [...this.#pending].flatMap(raiseAgain);
    if (errors.length > 0) throw new ExceptionGroup('listeners failed when they got their pending signals', errors);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#waiting.wakeFirst(signal)) return;
    this.#pending.add(signal);
  };
}

// Calls the current listeners directly. Sent through the system, the signal would arrive some turns of the event loop
// later, when others may be listening. Without a listener, the system's default action follows at once.
function raiseAgain(signal: NodeJS.Signals): unknown[] {
  const listeners = process.rawListeners(signal) as ((signal: NodeJS.Signals, number: number) => void)[];
  if (listeners.length === 0) raiseSignal(signal);
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
  return new StateError('this SignalReceiver is closed and no longer gets signals; open another one');
}
