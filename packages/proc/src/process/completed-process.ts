import { StateError } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import type { ExitStatus } from './process.ts';
import { describeCommand } from './describe-command.ts';

/** What can be read of an output as text. */
export type CapturedText<Bytes> = Bytes extends Uint8Array ? string : never;

/**
 * What a process has left behind: how it ended, and what was captured of its output. The types of `stdout` and `stderr` follow
 * the options of the call.
 */
export class CompletedProcess<
  Stdout extends Uint8Array | undefined = Uint8Array | undefined,
  Stderr extends Uint8Array | undefined = Uint8Array | undefined,
> implements ExitStatus {
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
  readonly stdout: Stdout;
  /** The same of its standard error. */
  readonly stderr: Stderr;

  constructor(args: readonly string[], { exitCode, signal }: ExitStatus, stdout: Stdout, stderr: Stderr) {
    this.args = args;
    this.exitCode = exitCode;
    this.signal = signal;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** `stdout` as UTF-8 text. @throws {StateError} when it was not captured. */
  get stdoutText(): CapturedText<Stdout> {
    return textOf(this.stdout, 'stdout', 'captureStdout') as CapturedText<Stdout>;
  }

  /** `stderr` as UTF-8 text. @throws {StateError} when it was not captured. */
  get stderrText(): CapturedText<Stderr> {
    return textOf(this.stderr, 'stderr', 'captureStderr') as CapturedText<Stderr>;
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
