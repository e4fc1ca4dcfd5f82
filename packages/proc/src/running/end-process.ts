import { CancelScope, currentTime, sleep } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { groupIsAlive, signalGroup } from '../process/process-group.ts';
import type { Process } from '../process/process.ts';
import { isCancelledHere } from '@tercet/streams/lowlevel';
import { callUserCode } from './call-user-code.ts';
import { describeCommand } from '../process/describe-command.ts';

/** How often to check whether a process group has ended, in milliseconds. The system does not report that. */
const GROUP_POLL = 10;

/** How long to wait for a process group after SIGKILL, in milliseconds. Its members may be stuck in the kernel. */
const GROUP_DEATH = 1000;

/**
 * Ends a process, and returns when it has ended. `deliver` runs in the nursery, shielded from cancellation until the process
 * has ended; then it is cancelled. Without `deliver`, or when it throws, SIGTERM and SIGKILL are sent.
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
        if (deliver !== undefined) return await callUserCode('deliverCancel', () => deliver(process));
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

/** Sends SIGTERM, and after the grace period, in milliseconds, SIGKILL with a warning. */
async function terminateThenKill(process: Process, gracePeriod: number): Promise<void> {
  await attempt('terminate', process, () => process.terminate());
  await sleep(gracePeriod);
  warn(`${describe(process)} ignored SIGTERM for ${gracePeriod / 1000} seconds; killing it now`);
  await attempt('kill', process, () => process.kill());
}

/**
 * Ends the rest of a process group after its leader has ended. Members that belong to another user cannot be ended, nor waited
 * for: they cause a warning.
 */
export async function endGroup(process: Process, gracePeriod: number): Promise<void> {
  // Windows finds descendants only by a living process, and may have given the id of this one to another program.
  if (globalThis.process.platform === 'win32') return;
  await new CancelScope({ shield: true }).run(() =>
    attempt('end the group of', process, () => terminateThenKillGroup(process, gracePeriod)),
  );
}

async function terminateThenKillGroup(process: Process, gracePeriod: number): Promise<void> {
  if (!groupIsAlive(process.pid)) return;
  signalGroup(process.pid, 'SIGTERM');
  if (await groupEndsWithin(process.pid, gracePeriod)) return;
  warn(
    `processes that ${describe(process)} left behind ignored SIGTERM for ${gracePeriod / 1000} seconds; killing them now`,
  );
  signalGroup(process.pid, 'SIGKILL');
  await groupEndsWithin(process.pid, GROUP_DEATH);
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

async function attempt(what: string, process: Process, action: () => unknown): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (isCancelledHere(error)) throw error;
    warn(`could not ${what} ${describe(process)}: ${describeError(error)}`);
  }
}

function describe({ args, pid }: Process): string {
  return `${describeCommand(args)} (pid ${pid})`;
}

function warn(message: string): void {
  globalThis.process.emitWarning(message, 'TercetProcessWarning');
}
