import type { Duration, TaskStatus } from '@tercet/core';
import { toMilliseconds } from '@tercet/core/lowlevel';
import type { Process } from '../process/process.ts';
import type { SpawnPlan } from '../process/spawn.ts';

/** How a process is run. */
export interface RunProcessOptions {
  /**
   * What it reads: bytes, or text as UTF-8, and then the end; `'inherit'`: what this program reads; a file descriptor.
   * Nothing by default. The text `'inherit'` itself has to be given as bytes.
   */
  readonly stdin?: Uint8Array | string | number;
  /** Where its standard output goes when it is not captured: to this program's own, by default; a file descriptor. */
  readonly stdout?: 'inherit' | 'ignore' | number;
  /** The same for its standard error; `'stdout'`: where its standard output goes. */
  readonly stderr?: 'inherit' | 'ignore' | 'stdout' | number;
  /** Collects what it writes to its standard output. */
  readonly captureStdout?: boolean;
  /** Collects what it writes to its standard error. */
  readonly captureStderr?: boolean;
  /** Whether an exit code other than 0, or an end by a signal, is an error; so it is by default. */
  readonly check?: boolean;
  /** Passes the command, a single string then, to the system's shell. */
  readonly shell?: boolean;
  /** The folder in which it starts. */
  readonly cwd?: string;
  /** All its environment variables; by default those of this program. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether all processes that it starts end with it. It leads a process group of its own then, which gets no Ctrl-C. */
  readonly killTree?: boolean;
  /** How long it may take to end after SIGTERM until it gets SIGKILL: 5 seconds by default. */
  readonly gracePeriod?: Duration;
  /** Ends the process in another way when it has to go: it should end soon after. */
  readonly deliverCancel?: (process: Process) => unknown;
  /** Given by `nursery.start`, which then returns the process as soon as it runs. */
  readonly taskStatus?: TaskStatus<Process>;
}

/** The options, checked and completed. */
export interface RunPlan {
  readonly spawn: SpawnPlan;
  /** The command: the program, then its arguments. */
  readonly command: readonly string[];
  readonly stdio: [
    'ignore' | 'pipe' | 'inherit' | number,
    'ignore' | 'pipe' | 'inherit' | number,
    'ignore' | 'pipe' | 'inherit' | number,
  ];
  readonly input: Uint8Array | string | undefined;
  readonly captureStdout: boolean;
  readonly captureStderr: boolean;
  readonly check: boolean;
  readonly gracePeriod: number;
  readonly deliverCancel: ((process: Process) => unknown) | undefined;
}

const GRACE_PERIOD = 5000;

/**
 * Checks all that can be checked before anything is started.
 *
 * @throws {TypeError} @throws {RangeError}
 */
export function planRun(file: string, args: readonly string[], options: RunProcessOptions): RunPlan {
  const { stdin, stdout = 'inherit', captureStdout = false, captureStderr = false, shell = false } = options;
  const stdinPlan = planInput(stdin);
  const out = captureStdout ? 'pipe' : stdout;
  const err = captureStderr ? 'pipe' : (options.stderr ?? 'inherit');
  return {
    spawn: { file, args, shell, cwd: options.cwd, env: options.env, leadsGroup: options.killTree ?? false },
    command: [file, ...args],
    stdio: [stdinPlan, out, err === 'stdout' ? (out === 'inherit' ? 1 : out) : err],
    input: stdinPlan === 'pipe' ? (stdin as Uint8Array | string) : undefined,
    captureStdout,
    captureStderr,
    check: options.check ?? true,
    gracePeriod: toMilliseconds(options.gracePeriod ?? GRACE_PERIOD, 'runProcess(): gracePeriod'),
    deliverCancel: options.deliverCancel,
  };
}

function planInput(stdin: RunProcessOptions['stdin']): 'ignore' | 'pipe' | 'inherit' | number {
  if (stdin === undefined || stdin === '') return 'ignore';
  if (typeof stdin === 'number') return stdin;
  return stdin === 'inherit' ? 'inherit' : 'pipe';
}
