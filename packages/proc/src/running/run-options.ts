import type { Duration, TaskStatus } from '@tercet/core';
import type { SendStream } from '@tercet/streams';
import type { Process } from '../process/process.ts';

/**
 * A place in the file system: a path, a `file:` URL, or an object whose `toString` returns a path, such as a `Path` of
 * `@tercet/fs`.
 *
 * @example
 * await using folder = await Path.temporary();
 * const cwd: ProcessPath = folder.path; // or a string, or a file URL
 * await runProcess(process.execPath, ['-p', 'process.cwd()'], { cwd });
 */
export type ProcessPath = string | URL | { readonly name: string; toString(): string };

/**
 * A file as the input or an output of a process.
 *
 * @example
 * await using folder = await Path.temporary();
 * const log: ProcessFile = { file: folder.path.join('build.log'), append: true };
 * await runProcess(process.execPath, ['--version'], { stdout: log, stderr: 'stdout' });
 */
export interface ProcessFile {
  readonly file: ProcessPath;
  /** For outputs: whether to append to the file. By default it is emptied first. */
  readonly append?: boolean;
}

/**
 * The standard input of a process:
 *
 * - bytes, or text, which is sent as UTF-8;
 * - a stream or another async iterable of bytes or text, read to its end;
 * - `{ file }`: a file;
 * - `'inherit'`: the input of this program; `'ignore'`, the default: empty; a number: a file descriptor;
 * - `'pipe'`: whatever is sent to `Process.stdin`; in the start form only.
 *
 * To send the text `'inherit'`, `'ignore'` or `'pipe'` itself, give it as bytes.
 *
 * @example
 * const inputs: readonly ProcessInput[] = ['ignore', 'sent as UTF-8', new Uint8Array([1, 2, 3])];
 * for (const stdin of inputs) {
 *   const count = 'process.stdin.resume().on("data", (data) => console.log(data.length))';
 *   await runProcess(process.execPath, ['-e', count], { stdin });
 * }
 */
export type ProcessInput = ArrayBufferView | string | number | ProcessFile | AsyncIterable<Uint8Array | string>;

/**
 * Where an output of a process goes:
 *
 * - `'inherit'`, the default: to the output of this program; `'ignore'`: nowhere;
 * - `{ file }`: to a file; a number: to a file descriptor; a stream: to the stream, which is not closed at the end;
 * - `'pipe'`: to `Process.stdout` or `Process.stderr`; in the start form only.
 *
 * @example
 * await using folder = await Path.temporary();
 * const quiet: ProcessOutput = 'ignore';
 * const file: ProcessOutput = { file: folder.path.join('version.txt') };
 * await runProcess(process.execPath, ['--version'], { stdout: file, stderr: quiet });
 */
export type ProcessOutput = 'inherit' | 'ignore' | 'pipe' | number | ProcessFile | SendStream;

/**
 * Whether to capture an output; `'tee'` also forwards it to the output of this program.
 *
 * @example
 * const capture: OutputCapture = process.stdout.isTTY ? 'tee' : true; // people see it at once, too
 * await runProcess(process.execPath, ['--version'], { captureStdout: capture });
 */
export type OutputCapture = boolean | 'tee';

/**
 * The type of an output in the result, depending on the capture option.
 *
 * @example
 * type Captured = CapturedBytes<true>; // Uint8Array
 * type Forwarded = CapturedBytes<false>; // undefined
 * const { stdout } = await runProcess(process.execPath, ['--version'], { captureStdout: true });
 * const bytes: CapturedBytes<true> = stdout;
 */
export type CapturedBytes<Given extends OutputCapture> = Given extends false ? undefined : Uint8Array;

/**
 * The options of `runProcess`.
 *
 * @example
 * const options: RunProcessOptions<true> = {
 *   captureStdout: true,
 *   maxOutput: 1024 * 1024,
 *   env: { ...process.env, NO_COLOR: '1' },
 *   gracePeriod: { seconds: 2 }, // from SIGTERM to SIGKILL, when it is cancelled
 * };
 * const { stdoutText } = await failAfter({ seconds: 10 }, () => runProcess(process.execPath, ['--version'], options));
 */
export interface RunProcessOptions<
  Stdout extends OutputCapture = OutputCapture,
  Stderr extends OutputCapture = OutputCapture,
> {
  /** The standard input of the process. Empty by default. */
  readonly stdin?: ProcessInput;
  /** Where standard output goes. Cannot be combined with `captureStdout` or `onStdoutLine`. */
  readonly stdout?: ProcessOutput;
  /** The same for standard error. `'stdout'` sends both to the same place, in the order of writing. */
  readonly stderr?: ProcessOutput | 'stdout';
  /** Captures standard output; `'tee'` also forwards it to the standard output of this program. */
  readonly captureStdout?: Stdout;
  /** Captures standard error; `'tee'` also forwards it to the standard error of this program. */
  readonly captureStderr?: Stderr;
  /**
   * Called with each line of standard output, without its line end. The next line waits until the returned promise has
   * settled, and so does the process once its pipe is full. Runs in the scope of the call; if it throws, the process is
   * ended.
   */
  readonly onStdoutLine?: (line: string) => unknown;
  /** The same for standard error. */
  readonly onStderrLine?: (line: string) => unknown;
  /** How many bytes of each output are captured at most. A process that writes more is ended. No limit by default. */
  readonly maxOutput?: number;
  /**
   * The longest line for `onStdoutLine` and `onStderrLine`, in bytes. A process that writes a longer line is ended, and the
   * call throws `OutputLimitError`. 64 MiB by default.
   */
  readonly maxLine?: number;
  /**
   * How long to read the output after the process has ended, if other processes that it has started still hold it open. No
   * limit by default.
   */
  readonly outputTimeout?: Duration;
  /** Whether an exit code other than 0, or an end by a signal, is an error. True by default. */
  readonly check?: boolean;
  /** Passes the command to the system's shell. The whole command is then a single string. */
  readonly shell?: boolean;
  /** The working directory of the process; by default that of this program. */
  readonly cwd?: ProcessPath;
  /** All environment variables of the process; by default those of this program. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * Whether to end all processes that the process has started as soon as it has ended, for any reason. It then leads
   * a new process group: signals go to the whole group, and Ctrl-C on the terminal does not reach it.
   */
  readonly killTree?: boolean;
  /** The time from SIGTERM to SIGKILL when the process is ended. 5 seconds by default. */
  readonly gracePeriod?: Duration;
  /**
   * Ends the process in place of SIGTERM and SIGKILL. Runs shielded from cancellation; whatever it still does when the
   * process has ended is cancelled. If it throws, SIGTERM and SIGKILL follow, and the call throws the error.
   */
  readonly deliverCancel?: (process: Process) => unknown;
  /** The start form: given by `nursery.start`, which then returns the process as soon as it runs. */
  readonly taskStatus?: TaskStatus<Process>;
}
