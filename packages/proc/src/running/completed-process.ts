import { StateError } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import type { ExitStatus } from '../process/process.ts';
import { describeCommand } from './describe-command.ts';

/** What a process has left behind: how it ended, and what was captured of its output. */
export class CompletedProcess implements ExitStatus {
  static {
    inspectAs(this, (done) => `CompletedProcess ${describeCommand(done.args)}: ${describeExit(done)}`);
  }

  /** The command: the program, then its arguments. */
  readonly args: readonly string[];
  /** `null` when a signal has ended it. */
  readonly exitCode: number | null;
  /** The signal that has ended it, or `null`. */
  readonly signal: NodeJS.Signals | null;
  /** All that it wrote to its standard output; `undefined` when that was not captured. */
  readonly stdout: Uint8Array | undefined;
  /** The same of its standard error. */
  readonly stderr: Uint8Array | undefined;

  constructor(args: readonly string[], { exitCode, signal }: ExitStatus, stdout?: Uint8Array, stderr?: Uint8Array) {
    this.args = args;
    this.exitCode = exitCode;
    this.signal = signal;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** `stdout` as UTF-8 text. @throws {StateError} when it was not captured. */
  get stdoutText(): string {
    return textOf(this.stdout, 'stdout', 'captureStdout');
  }

  /** `stderr` as UTF-8 text. @throws {StateError} when it was not captured. */
  get stderrText(): string {
    return textOf(this.stderr, 'stderr', 'captureStderr');
  }
}

/** How a process ended, in words: `exit code 2`, `signal SIGKILL`. */
export function describeExit({ exitCode, signal }: ExitStatus): string {
  return signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
}

function textOf(bytes: Uint8Array | undefined, name: string, option: string): string {
  if (bytes === undefined)
    throw new StateError(`${name} of this process was not captured; run it with ${option}: true`);
  return new TextDecoder().decode(bytes);
}
