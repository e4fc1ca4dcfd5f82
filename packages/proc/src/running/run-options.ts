import type { Duration, TaskStatus } from '@tercet/core';
import type { SendStream } from '@tercet/streams';
import type { Process } from '../process/process.ts';

/** A place in the file system: a path, a `file:` URL, or an object that turns into a path, as `Path` of `@tercet/fs` does. */
export type ProcessPath = string | URL | { readonly name: string; toString(): string };

/** A file that a process reads, or writes: then it is emptied first, or with `append` continued. */
export interface ProcessFile {
  readonly file: ProcessPath;
  readonly append?: boolean;
}

/**
 * What a process reads:
 *
 * - bytes, or text as UTF-8, and then the end;
 * - a stream, or whatever else gives bytes or text in a `for await`, to its end;
 * - `{ file }`: a file;
 * - `'inherit'`: what this program reads; `'ignore'`: nothing, which is the default; a number: a file descriptor;
 * - `'pipe'`: what is sent to `Process.stdin`; in the start form only.
 *
 * The texts `'inherit'`, `'ignore'` and `'pipe'` themselves have to be given as bytes.
 */
export type ProcessInput = ArrayBufferView | string | number | ProcessFile | AsyncIterable<Uint8Array | string>;

/**
 * Where a process writes:
 *
 * - `'inherit'`: to where this program writes, which is the default; `'ignore'`: nowhere;
 * - `{ file }`: to a file; a number: to a file descriptor; a stream: there, and the stream is not closed at the end;
 * - `'pipe'`: to `Process.stdout` or `Process.stderr`; in the start form only.
 */
export type ProcessOutput = 'inherit' | 'ignore' | 'pipe' | number | ProcessFile | SendStream;

/** Whether an output is captured; with `'tee'` it also goes to where this program writes. */
export type OutputCapture = boolean | 'tee';

/** What the result has of an output for which this was given. */
export type CapturedBytes<Given extends OutputCapture> = Given extends false ? undefined : Uint8Array;

/** How a process is run. */
export interface RunProcessOptions<
  Stdout extends OutputCapture = OutputCapture,
  Stderr extends OutputCapture = OutputCapture,
> {
  readonly stdin?: ProcessInput;
  /** Cannot be given together with `captureStdout` or `onStdoutLine`. */
  readonly stdout?: ProcessOutput;
  /** The same for standard error; `'stdout'` also: to wherever standard output goes, in the order of writing. */
  readonly stderr?: ProcessOutput | 'stdout';
  /** Collects what it writes to standard output; with `'tee'` it also goes to this program's own. */
  readonly captureStdout?: Stdout;
  /** Collects what it writes to standard error; with `'tee'` it also goes to this program's own. */
  readonly captureStderr?: Stderr;
  /**
   * Called with each line of standard output, without its end, one after the other: the process waits when this takes
   * long. Runs in the scope of the call; when it throws, the process is ended.
   */
  readonly onStdoutLine?: (line: string) => unknown;
  /** The same for standard error. */
  readonly onStderrLine?: (line: string) => unknown;
  /** The most that is captured of each output, in bytes; a process that writes more is ended. No limit by default. */
  readonly maxOutput?: number;
  /**
   * The longest line that `onStdoutLine` and `onStderrLine` are given, in bytes; a process that writes a longer one is
   * ended, with `OutputLimitError`. 64 MiB by default.
   */
  readonly maxLine?: number;
  /**
   * How long the output is read after the process has ended, while a process that it has started holds it open. No limit
   * by default.
   */
  readonly outputTimeout?: Duration;
  /** Whether an exit code other than 0, or an end by a signal, is an error; so it is by default. */
  readonly check?: boolean;
  /** Passes the command, a single text then, to the system's shell. */
  readonly shell?: boolean;
  /** The folder in which it starts; by default that of this program. */
  readonly cwd?: ProcessPath;
  /** All its environment variables; by default those of this program. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * Whether all processes that it starts end with it, also when it ends by itself. It leads a process group of its own
   * then: signals go to the whole group, and Ctrl-C on the terminal does not reach it.
   */
  readonly killTree?: boolean;
  /** How long it may take to end after SIGTERM until it gets SIGKILL: 5 seconds by default. */
  readonly gracePeriod?: Duration;
  /**
   * Ends the process in another way when it has to go. Runs under a shield; what is left of it when the process has ended is
   * cancelled. When it throws, the process is ended in the usual way, and the error comes out of the call.
   */
  readonly deliverCancel?: (process: Process) => unknown;
  /** Given by `nursery.start`, which then returns the process as soon as it runs: the start form. */
  readonly taskStatus?: TaskStatus<Process>;
}
