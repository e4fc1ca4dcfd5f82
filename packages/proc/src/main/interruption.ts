import { CancelScope } from '@tercet/core';
import { cancelScopeAs, formatTaskTree, runOutside, taskTree } from '@tercet/core/lowlevel';
import type { RunToken } from '@tercet/core/lowlevel';
import { StandardOutput } from '../standard-streams/standard-output.ts';
import type { Process } from '../process/process.ts';
import { raiseSignal } from '../signals/raise-signal.ts';

/**
 * Signals within this many milliseconds count as one. The terminal sends Ctrl-C to a whole group of processes, and a package
 * manager in the group, or `timeout`, sends it on; a process manager may send several signals at once.
 */
const ONE_PRESS = 500;

/**
 * Brings the main scope of a program to its end when signals arrive, from `install` until `remove`. Each signal takes the
 * next step: the first shuts the scope down, the next one cancels it, and the one after that ends the process. A step that
 * is already done is skipped: without a grace, and when the grace is over, the scope is cancelled already.
 */
export class Interruption {
  /** The main scope. */
  readonly scope: CancelScope = new CancelScope();

  readonly #signals: readonly NodeJS.Signals[];
  /** How long the main scope may take to end after the first signal: milliseconds. */
  readonly #grace: number;
  /** The last signal that has taken a step. */
  #lastSignal: NodeJS.Signals | undefined = undefined;
  /** When that was, by `performance.now()`. */
  #lastStep = -Infinity;
  /** Set when the run has begun. */
  #inRun: { readonly token: RunToken; readonly living: ReadonlySet<Process> } | undefined = undefined;

  constructor(signals: readonly NodeJS.Signals[], grace: number) {
    this.#signals = signals;
    this.#grace = grace;
  }

  install(): void {
    runOutside(() => {
      for (const signal of this.#signals) process.on(signal, this.#onSignal);
      process.on('SIGQUIT', this.#onQuit);
    });
  }

  remove(): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal);
    process.off('SIGQUIT', this.#onQuit);
  }

  /** The run has begun: from now on there are tasks to show and processes to kill. */
  runBegins(token: RunToken, living: ReadonlySet<Process>): void {
    this.#inRun = { token, living };
  }

  /** Whether a signal has arrived. */
  get begun(): boolean {
    return this.#lastSignal !== undefined;
  }

  /** The signal that has cancelled the main scope, or whose grace was over. A scope that was only shut down has none. */
  get cancelledBy(): NodeJS.Signals | undefined {
    return this.scope.cancelCalled ? this.#lastSignal : undefined;
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (now - this.#lastStep <= ONE_PRESS) return;
    this.#lastStep = now;
    if (this.scope.cancelCalled) return this.#endAtOnce(signal);
    const isFirst = this.#lastSignal === undefined;
    this.#lastSignal = signal;
    // Cancelled first, where there is no grace: the source of a cancellation by a signal is `'interrupt'`.
    if (!isFirst || this.#grace === 0) cancelScopeAs(this.scope, 'interrupt', signal);
    if (isFirst) this.scope.shutdown({ grace: this.#grace, reason: signal });
  };

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
    raiseSignal(signal);
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
