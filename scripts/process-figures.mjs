import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The number of open descriptors of a process, without the one with which they are counted. */
export function descriptors(pid = process.pid) {
  return readdirSync(`/proc/${pid}/fd`).filter((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`) !== '';
    } catch {
      return false;
    }
  }).length;
}

/** The memory of a process that is in use, or was at most: MiB. */
export const resident = (pid = process.pid) => statusOf(pid, 'VmRSS') / 1_024;
export const mostResident = (pid = process.pid) => statusOf(pid, 'VmHWM') / 1_024;

function statusOf(pid, key) {
  return Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Whether a process is there, and not only in the table of processes. */
export function isRunning(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The children of a process, also those that have ended and are still in the table of processes. */
export function children(pid = process.pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
}

/** The part of the heap that is in use after a collection: MiB. Needs `--expose-gc`. */
export async function heapInUse() {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().heapUsed / 2 ** 20;
}

export const inMiB = (figure) => `${figure.toFixed(1)} MiB`;
