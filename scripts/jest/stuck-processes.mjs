// Describes a Node process that does not end, and the processes that it has started.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Asks a process of tests for a report: see environment.mjs. Windows has no signal for that. */
export const REPORT_SIGNAL = process.platform === 'win32' ? undefined : 'SIGUSR2';

/** A process and all that it has started, directly or not, parents first. Only Linux says so: elsewhere the process alone. */
export function* descendants(pid) {
  const processes = allProcesses();
  const found = processes.filter((one) => one.pid === pid);
  if (found.length === 0) found.push({ pid, state: '?', command: '' });
  for (const one of found) {
    yield one;
    found.push(...processes.filter(({ parent }) => parent === one.pid));
  }
}

function allProcesses() {
  if (!existsSync('/proc/self/stat')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The second field is a name, in parentheses, that may hold anything.
        const [state, parent] = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return [
          { pid: Number(name), parent: Number(parent), state, command: readFileSync(`/proc/${name}/cmdline`, 'utf8') },
        ];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}

/** A line for each: its number, its state as in `ps`, where in the kernel it waits, and its command. */
export function describeProcesses(pid) {
  const lines = [...descendants(pid)].map(
    ({ pid, state, command }) => `  ${pid} ${state} ${waitsIn(pid)} ${command.replaceAll('\0', ' ').slice(0, 300)}`,
  );
  return lines.join('\n');
}

function waitsIn(pid) {
  try {
    return readFileSync(`/proc/${pid}/wchan`, 'utf8') || '-';
  } catch {
    return '-';
  }
}

/** The JavaScript stack of a process that writes reports to this folder, and what keeps its event loop alive, if that turns. */
export async function stackOf({ pid }, folder) {
  if (REPORT_SIGNAL === undefined) return 'Windows has no signal to ask it where it is.';
  process.kill(pid, REPORT_SIGNAL);
  const report = await reportIn(folder);
  if (report === undefined)
    return 'It has written no report: it had only just begun, or waits in native code, or computes.';
  const { javascriptStack, libuv } = report;
  const handles = libuv.filter((handle) => handle.is_active && handle.is_referenced);
  return [
    'Where it is:',
    ...[javascriptStack.message, ...(javascriptStack.stack ?? [])].map((line) => `  ${line}`),
    'What keeps its event loop alive:',
    ...handles.map((handle) => `  ${JSON.stringify(handle)}`),
  ].join('\n');
}

/** The report in this folder, as soon as it is complete; undefined after ten seconds without one. */
async function reportIn(folder) {
  for (let i = 0; i < 100; i++) {
    await sleep(100);
    try {
      const file = readdirSync(folder).find((name) => name.endsWith('.json'));
      if (file !== undefined) return JSON.parse(readFileSync(join(folder, file), 'utf8'));
    } catch {
      // The report is being written, or the process has ended and the folder with it.
    }
  }
  return undefined;
}
