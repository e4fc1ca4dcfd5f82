import { spawn } from 'node:child_process';

/**
 * Ends a process of Windows and its descendants, without waiting for that. Windows has neither process groups nor signals.
 *
 * @param endAlone ends the process itself: called where there is no `taskkill`, or when it could not do it.
 */
export function endTree(pid: number, endAlone: () => void): void {
  const kill = spawn('taskkill', ['/PID', String(pid), '/T', '/F'], {
    stdio: 'ignore',
    windowsHide: true,
    // This program may be about to end. Windows ends everything else that it has started with it.
    detached: true,
  });
  kill.unref();
  kill.once('error', endAlone);
  kill.once('exit', (code) => {
    if (code !== 0) endAlone();
  });
}
