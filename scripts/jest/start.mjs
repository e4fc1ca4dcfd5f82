// Starts jest for the project in the current folder, with this command's arguments. In CI the whole run has a limit: jest's
// own are for single tests, and they do not run while a test blocks its process, nor when something keeps jest from ending.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { descendants, describeProcesses, stackOf } from './stuck-processes.mjs';

/** Milliseconds: the slowest package takes three minutes on a loaded machine. */
const LIMIT_IN_CI = 15 * 60_000;

const jest = fileURLToPath(new URL('../../node_modules/jest/bin/jest.js', import.meta.url));
/** Where the process of the tests says what it does, when it is asked: see environment.mjs. */
const reports = mkdtempSync(join(tmpdir(), 'tercet-reports-'));

/**
 * Starts jest. The exit code of this process becomes that of jest.
 *
 * @param limit how long the run may take, in milliseconds. By default only a run in CI has a limit.
 */
export function startJest(args, { env = {}, limit = usualLimit() } = {}) {
  const child = spawn(
    process.execPath,
    ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest, ...args],
    { stdio: 'inherit', env: { ...process.env, ...env, TERCET_REPORTS: reports } },
  );
  const timer = limit === undefined ? undefined : setTimeout(() => void giveUp(child, limit), limit);
  // A terminal sends Ctrl-C to jest as well, but SIGTERM comes to this process alone.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.once('exit', (code) => {
    clearTimeout(timer);
    rmSync(reports, { recursive: true, force: true });
    process.exitCode = code ?? 1;
  });
}

function usualLimit() {
  const { CI, TERCET_LONG, TERCET_SOAK } = process.env;
  return CI && !TERCET_LONG && !TERCET_SOAK ? LIMIT_IN_CI : undefined;
}

/** Prints what the processes of a hanging run are doing, and kills them all. */
async function giveUp(child, limit) {
  console.error(`The tests have not ended in ${limit / 60_000} minutes. The processes are:`);
  console.error(describeProcesses(child.pid));
  // Listed first: asking jest where it is may end it, and then nobody knows its children.
  const processes = [...descendants(child.pid)];
  console.error(await stackOf(child, reports));
  for (const { pid } of processes.reverse()) killQuietly(pid);
}

function killQuietly(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) startJest(process.argv.slice(2));
