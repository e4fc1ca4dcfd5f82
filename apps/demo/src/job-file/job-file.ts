/** A job file as the runner sees it: checked, defaults filled in, durations in milliseconds, folders absolute. */
export interface JobFile {
  readonly path: string;
  /** How many jobs run at a time. */
  readonly concurrency: number;
  /** For all jobs together; Infinity when there is no limit. */
  readonly timeout: number;
  /** In the order of the file. */
  readonly jobs: ReadonlyMap<string, Job>;
}

export interface Job {
  readonly name: string;
  readonly command: Command;
  /** The jobs that must have succeeded before this one starts. */
  readonly needs: readonly string[];
  /** For each attempt; Infinity when there is no limit. */
  readonly timeout: number;
  /** How long its processes may take to end after SIGTERM, before SIGKILL. */
  readonly grace: number;
  readonly retry: RetryPolicy;
  /** The variables that the job's processes get in addition to jobd's environment. Not stored, because they may be many. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** The work of a job: it runs a program as a process, or calls a function in a worker. */
export type Command = Program | FunctionCall;

/** A program and its arguments. */
export type Program = readonly [file: string, ...args: string[]];

/** A function that a module exports, and its arguments. */
export interface FunctionCall {
  /** The absolute path of the module. */
  readonly module: string;
  readonly function: string;
  readonly args: readonly FunctionArgument[];
}

export type FunctionArgument = string | number | boolean;

/** The n-th retry waits `delay * factor ** (n - 1)`, never longer than `maxDelay`. */
export interface RetryPolicy {
  /** How many attempts may follow the first one. */
  readonly times: number;
  readonly delay: number;
  readonly factor: number;
  readonly maxDelay: number;
}
