import { constants } from 'node:os';
import { CancelScope, named } from '@tercet/core';
import { cancelScopeAs, formatTaskTree, runOutside, spawnSystemTask, taskTree } from '@tercet/core/lowlevel';
import type { RunToken } from '@tercet/core/lowlevel';
import { isCancelledHere } from '@tercet/streams/lowlevel';
import { keepProcessAlive } from '../signals/keep-process-alive.ts';
import { StandardOutput } from '../standard-streams/standard-output.ts';
import type { Process } from '../process/process.ts';

/**
 * Signals within this many milliseconds count as one. The terminal sends Ctrl-C to a whole group of processes, and a package
 * manager in the group, or `timeout`, sends it on; a process manager may send several signals at once.
 */
const ONE_PRESS = 500;

/** Cancels the main scope of a program when a signal arrives, from `install` until `remove`. */
export class Interruption {
  /** The main scope. */
  readonly scope: CancelScope = new CancelScope();
  /** The signal that has cancelled the main scope, if one has. */
  cancelledBy: NodeJS.Signals | undefined = undefined;

  readonly #signals: readonly NodeJS.Signals[];
  readonly #shutdown: ((signal: NodeJS.Signals) => unknown) | undefined;
  /** True once `#shutdown` has been called. */
  #shutdownBegun = false;
  /** The error of `#shutdown`, if it has thrown one. */
  #failure: { readonly error: unknown } | undefined = undefined;
  /**
   * Runs while the program may still get its first signal and has a `#shutdown`: such a program is not deadlocked, even if
   * all its tasks wait.
   */
  #keepAlive: NodeJS.Timeout | undefined = undefined;
  /** When the last signal arrived that did not count as a repetition, by `performance.now()`. */
  #lastSignal = -Infinity;
  /** Set when the run has begun. */
  #inRun: { readonly token: RunToken; readonly living: ReadonlySet<Process> } | undefined = undefined;

  /** @param shutdown called for the first signal, which then does not cancel the scope. */
  constructor(signals: readonly NodeJS.Signals[], shutdown: ((signal: NodeJS.Signals) => unknown) | undefined) {
    this.#signals = signals;
    this.#shutdown = shutdown;
  }

  install(): void {
    runOutside(() => {
      for (const signal of this.#signals) process.on(signal, this.#onSignal);
      process.on('SIGQUIT', this.#onQuit);
    });
    if (this.#shutdown !== undefined) this.#keepAlive = keepProcessAlive();
  }

  remove(): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal);
    process.off('SIGQUIT', this.#onQuit);
    clearInterval(this.#keepAlive);
  }

  /** The run has begun: from now on there are tasks to show and processes to kill. */
  runBegins(token: RunToken, living: ReadonlySet<Process>): void {
    this.#inRun = { token, living };
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (now - this.#lastSignal <= ONE_PRESS) return;
    this.#lastSignal = now;
    if (this.cancelledBy !== undefined) this.#endAtOnce(signal);
    else if (this.#shutdown === undefined || this.#shutdownBegun || !this.#begin(this.#shutdown, signal))
      this.#cancel(signal);
  };

  #cancel(signal: NodeJS.Signals): void {
    this.cancelledBy = signal;
    cancelScopeAs(this.scope, 'interrupt', signal);
  }

  /** Begins a soft shutdown in the run. @returns false if the run has not begun. */
  #begin(shutdown: (signal: NodeJS.Signals) => unknown, signal: NodeJS.Signals): boolean {
    if (this.#inRun === undefined) return false;
    this.#shutdownBegun = true;
    clearInterval(this.#keepAlive);
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

  /** Throws the error of a soft shutdown, if there was one. */
  rethrowFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Kills the child processes, then lets the signal end this process without any cleanup. */
  #endAtOnce(signal: NodeJS.Signals): void {
    for (const child of this.#inRun?.living ?? []) {
      try {
        child.kill();
      } catch {
        // This program may lack the permission. The other processes, and this program, must end all the same.
      }
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }

  readonly #onQuit = (): void => {
    if (this.#inRun === undefined) return;
    try {
      this.#inRun.token.runSoon(() => StandardOutput.of('stderr').write(`${formatTaskTree(taskTree())}\n`));
    } catch {
      // The run has just ended: there is no tree to show.
    }
  };
}

/** The exit code that shells report for a program ended by a signal. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
