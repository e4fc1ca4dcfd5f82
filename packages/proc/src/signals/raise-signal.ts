import { constants } from 'node:os';

/** Sends a signal to this process, which does not listen to it. */
export function raiseSignal(signal: NodeJS.Signals): void {
  try {
    process.kill(process.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSYS') throw error;
    // Windows reports some signals that it cannot send. By default all of them end a process, except a change of the window's size.
    if (signal !== 'SIGWINCH') process.exit(exitCodeOf(signal));
  }
}

/** The exit code that shells report for a program ended by a signal. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
