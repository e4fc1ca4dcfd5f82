import { CancelScope, currentTime, sleep } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { groupIsAlive, signalGroup } from '../process/process-group.ts';
import type { Process } from '../process/process.ts';
import { isCancelledHere } from '@tercet/streams/lowlevel';
import { callForeign } from './call-foreign.ts';
import { describeCommand } from './describe-command.ts';

/** How often the rest of a process group is looked at, which nobody is told about: milliseconds. */
const GROUP_POLL = 10;

/** The longest that is waited for a process group after SIGKILL: milliseconds. Its members may be stuck in the kernel. */
const GROUP_DEATH = 1000;

/**
 * Ends a process that must not go on: starts `deliver` in the nursery, out of reach of any cancellation, and returns when
 * the process has ended. What is left of `deliver` then is cancelled. When `deliver` throws, the process is ended in the
 * usual way.
 */
export async function endProcess(
  process: Process,
  nursery: Nursery,
  gracePeriod: number,
  deliver: ((process: Process) => unknown) | undefined,
): Promise<void> {
  if (process.poll() !== undefined) return;
  const delivery = new CancelScope({ shield: true });
  nursery.startSoon(async function deliverCancel() {
    let failure: { readonly error: unknown } | undefined;
    await delivery.run(async () => {
      try {
        if (deliver !== undefined) return await callForeign('deliverCancel', () => deliver(process));
      } catch (error) {
        if (isCancelledHere(error)) throw error;
        failure = { error };
      }
      await terminateThenKill(process, gracePeriod);
    });
    if (failure !== undefined) throw failure.error;
  });
  await new CancelScope({ shield: true }).run(() => process.wait());
  delivery.cancel('the process has ended');
}

/** The usual way: SIGTERM, and SIGKILL with a warning after the grace period, in milliseconds. */
async function terminateThenKill(process: Process, gracePeriod: number): Promise<void> {
  attempt('terminate', process, () => process.terminate());
  await sleep(gracePeriod);
  warn(`${describe(process)} ignored SIGTERM for ${gracePeriod / 1000} seconds; it is killed now`);
  attempt('kill', process, () => process.kill());
}

/** Ends what is left of the group that a process led, now that it has ended itself. */
export async function endGroup(process: Process, gracePeriod: number): Promise<void> {
  if (!groupIsAlive(process.pid)) return;
  await new CancelScope({ shield: true }).run(async () => {
    attempt('terminate the group of', process, () => signalGroup(process.pid, 'SIGTERM'));
    if (await groupEndsWithin(process.pid, gracePeriod)) return;
    warn(
      `processes that ${describe(process)} left behind ignored SIGTERM for ${gracePeriod / 1000} seconds; they are killed now`,
    );
    attempt('kill the group of', process, () => signalGroup(process.pid, 'SIGKILL'));
    await groupEndsWithin(process.pid, GROUP_DEATH);
  });
}

async function groupEndsWithin(leader: number, period: number): Promise<boolean> {
  const deadline = currentTime() + period;
  for (;;) {
    if (!groupIsAlive(leader)) return true;
    const left = deadline - currentTime();
    if (left <= 0) return false;
    await sleep(Math.min(GROUP_POLL, left));
  }
}

function attempt(what: string, process: Process, action: () => unknown): void {
  try {
    action();
  } catch (error) {
    warn(`could not ${what} ${describe(process)}: ${describeError(error)}`);
  }
}

function describe({ args, pid }: Process): string {
  return `${describeCommand(args)} (pid ${pid})`;
}

function warn(message: string): void {
  globalThis.process.emitWarning(message, 'TercetProcessWarning');
}
