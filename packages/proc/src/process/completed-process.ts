import { StateError } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import type { ExitStatus } from './process.ts';
import { describeCommand } from './describe-command.ts';

/**
 * The text of an output: a string if its bytes were captured, and nothing to read otherwise.
 *
 * @example
 * type Text = CapturedText<Uint8Array>; // string
 * type Nothing = CapturedText<undefined>; // never: there is nothing to read
 * const { stdoutText } = await runProcess(process.execPath, ['-p', '6 * 7'], { captureStdout: true });
 * stdoutText satisfies Text; // '42\n'
 */
export type CapturedText<Bytes> = Bytes extends Uint8Array ? string : never;

/**
 * The result of a process: how it ended, and its captured output. The types of `stdout` and `stderr` depend on the options
 * of the call.
 *
 * @example
 * const { exitCode, stdoutText } = await runProcess('git', ['log', '-1'], { captureStdout: true, check: false });
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
  /** `null` if a signal has ended the process. */
  readonly exitCode: number | null;
  /** The signal that has ended the process; `null` if it exited. */
  readonly signal: NodeJS.Signals | null;
  /** The whole standard output; `undefined` if it was not captured. */
  readonly stdout: Stdout;
  /** The whole standard error; `undefined` if it was not captured. */
  readonly stderr: Stderr;

  constructor(args: readonly string[], { exitCode, signal }: ExitStatus, stdout: Stdout, stderr: Stderr) {
    this.args = args;
    this.exitCode = exitCode;
    this.signal = signal;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** `stdout`, decoded as UTF-8. @throws {StateError} when it was not captured. */
  get stdoutText(): CapturedText<Stdout> {
    return textOf(this.stdout, 'stdout', 'captureStdout') as CapturedText<Stdout>;
  }

  /** `stderr`, decoded as UTF-8. @throws {StateError} when it was not captured. */
  get stderrText(): CapturedText<Stderr> {
    return textOf(this.stderr, 'stderr', 'captureStderr') as CapturedText<Stderr>;
  }
}

/** How a process ended, in words, such as `exit code 2` or `signal SIGKILL`. */
export function describeExit({ exitCode, signal }: ExitStatus): string {
  return signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
}

function textOf(bytes: Uint8Array | undefined, name: string, option: string): string {
  if (bytes === undefined)
    throw new StateError(`${name} of this process was not captured; run it with ${option}: true`);
  return new TextDecoder().decode(bytes);
}
