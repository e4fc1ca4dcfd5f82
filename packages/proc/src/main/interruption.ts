import { constants } from 'node:os';
import { CancelScope, named } from '@tercet/core';
import { cancelScopeAs, formatTaskTree, runOutside, spawnSystemTask, taskTree } from '@tercet/core/lowlevel';
import type { RunToken } from '@tercet/core/lowlevel';
import { isCancelledHere } from '@tercet/streams/lowlevel';
import { OwnOutput } from '../own/own-output.ts';
import type { Process } from '../process/process.ts';

/**
 * Signals that come within this time are one, in milliseconds: the terminal sends Ctrl-C to a whole group of processes, and
 * a package manager in it, or `timeout`, passes it on; a process manager may send several different ones at once.
 */
const ONE_PRESS = 500;

/** As long as Node's timers go: milliseconds. */
const LONG = 2 ** 31 - 1;

/** What the signals of a program do to its main scope, from the moment of `install` until that of `remove`. */
export class Interruption {
  /** The scope that is cancelled. */
  readonly scope: CancelScope = new CancelScope();
  /** The signal that has cancelled it. */
  cancelledBy: NodeJS.Signals | undefined = undefined;

  readonly #signals: readonly NodeJS.Signals[];
  readonly #shutdown: ((signal: NodeJS.Signals) => unknown) | undefined;
  #shutdownBegun = false;
  #failure: { readonly error: unknown } | undefined = undefined;
  // A program that waits for its shutdown is not stuck, and listeners of signals do not keep a process alive.
  #hold: NodeJS.Timeout | undefined = undefined;
  /** When the last signal came that was not a repetition. */
  #heededAt = -Infinity;
  #inRun: { readonly token: RunToken; readonly living: ReadonlySet<Process> } | undefined = undefined;

  /** @param shutdown takes the first signal, instead of the cancellation. */
  constructor(signals: readonly NodeJS.Signals[], shutdown: ((signal: NodeJS.Signals) => unknown) | undefined) {
    this.#signals = signals;
    this.#shutdown = shutdown;
  }

  install(): void {
    runOutside(() => {
      for (const signal of this.#signals) process.on(signal, this.#onSignal);
      process.on('SIGQUIT', this.#onQuit);
      if (this.#shutdown !== undefined) this.#hold = setInterval(() => undefined, LONG);
    });
  }

  remove(): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal);
    process.off('SIGQUIT', this.#onQuit);
    clearInterval(this.#hold);
  }

  /** The run has begun: its tasks can be shown now, and its processes be killed. */
  runBegins(token: RunToken, living: ReadonlySet<Process>): void {
    this.#inRun = { token, living };
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (now - this.#heededAt <= ONE_PRESS) return;
    this.#heededAt = now;
    if (this.cancelledBy !== undefined) this.#endAtOnce(signal);
    else if (this.#shutdown === undefined || this.#shutdownBegun || !this.#begin(this.#shutdown, signal))
      this.#cancel(signal);
  };

  #cancel(signal: NodeJS.Signals): void {
    this.cancelledBy = signal;
    cancelScopeAs(this.scope, 'interrupt', signal);
  }

  /** Begins a soft shutdown, in the run; false when there is none. */
  #begin(shutdown: (signal: NodeJS.Signals) => unknown, signal: NodeJS.Signals): boolean {
    if (this.#inRun === undefined) return false;
    this.#shutdownBegun = true;
    clearInterval(this.#hold);
    const attempt = async (): Promise<void> => {
      try {
        await shutdown(signal);
      } catch (error) {
        if (isCancelledHere(error)) throw error;
        this.#failure = { error };
        this.#cancel(signal);
      }
    };
    this.#inRun.token.runSoon(() => spawnSystemTask(named('shutdown', attempt)));
    return true;
  }

  /** What a soft shutdown has thrown is an error of the program. */
  rethrowFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** What the system does by default. Nothing is cleaned up, but no process may stay behind. */
  #endAtOnce(signal: NodeJS.Signals): void {
    for (const child of this.#inRun?.living ?? []) {
      try {
        child.kill();
      } catch {
        // It may not be signalled. The others, and this program, are to end all the same.
      }
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }

  readonly #onQuit = (): void => {
    if (this.#inRun === undefined) return;
    try {
      this.#inRun.token.runSoon(() => OwnOutput.of('stderr').write(`${formatTaskTree(taskTree())}\n`));
    } catch {
      // The run has ended just now: there is no tree any more.
    }
  };
}

/** The exit code of a program that a signal has ended, as shells report it. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
