import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { CancelScope } from '@tercet/core';
import { cancelScopeAs, formatTaskTree, runOutside, taskTree } from '@tercet/core/lowlevel';
import type { RunToken } from '@tercet/core/lowlevel';
import type { Process } from '../process/process.ts';

/**
 * A package manager between the terminal and this program passes Ctrl-C on, although the terminal has sent it to both:
 * within this time, in milliseconds, it is one press.
 */
const ONE_PRESS = 100;

/** What the signals of a program do to its main scope, from the moment of `install` until that of `remove`. */
export class Interruption {
  /** The scope that is cancelled. */
  readonly scope: CancelScope = new CancelScope();
  /** The signal that has cancelled it. */
  cancelledBy: NodeJS.Signals | undefined = undefined;

  readonly #signals: readonly NodeJS.Signals[];
  readonly #shutdown: ((signal: NodeJS.Signals) => void) | undefined;
  #shutdownBegun = false;
  #latest: { readonly signal: NodeJS.Signals; readonly at: number } | undefined = undefined;
  #inRun: { readonly token: RunToken; readonly living: ReadonlySet<Process> } | undefined = undefined;

  /** @param shutdown takes the first signal, instead of the cancellation. */
  constructor(signals: readonly NodeJS.Signals[], shutdown: ((signal: NodeJS.Signals) => void) | undefined) {
    this.#signals = signals;
    this.#shutdown = shutdown;
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

  /** The run has begun: its tasks can be shown now, and its processes be killed. */
  runBegins(token: RunToken, living: ReadonlySet<Process>): void {
    this.#inRun = { token, living };
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#isSamePress(signal)) return;
    if (this.cancelledBy !== undefined) this.#endAtOnce(signal);
    else if (this.#shutdown !== undefined && !this.#shutdownBegun) {
      this.#shutdownBegun = true;
      this.#shutdown(signal);
    } else {
      this.cancelledBy = signal;
      cancelScopeAs(this.scope, 'interrupt', signal);
    }
  };

  #isSamePress(signal: NodeJS.Signals): boolean {
    const before = this.#latest;
    const at = performance.now();
    this.#latest = { signal, at };
    if (signal !== 'SIGINT' || before?.signal !== signal || at - before.at > ONE_PRESS) return false;
    return process.env['npm_lifecycle_event'] !== undefined && [0, 1, 2].some((fd) => isatty(fd));
  }

  /** What the system does by default. Nothing is cleaned up, but no process may stay behind. */
  #endAtOnce(signal: NodeJS.Signals): void {
    for (const child of this.#inRun?.living ?? []) child.kill();
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }

  readonly #onQuit = (): void => {
    if (this.#inRun === undefined) return;
    try {
      this.#inRun.token.runSoon(() => process.stderr.write(`${formatTaskTree(taskTree())}\n`));
    } catch {
      // The run has ended just now: there is no tree any more.
    }
  };
}

/** The exit code of a program that a signal has ended, as shells report it. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
