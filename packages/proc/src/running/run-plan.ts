import { fileURLToPath } from 'node:url';
import { describeError, toMilliseconds } from '@tercet/core/lowlevel';
import type { SendStream } from '@tercet/streams';
import type { SpawnPlan } from '../process/spawn.ts';
import type { ProcessFile, ProcessOutput, ProcessPath, RunProcessOptions } from './run-options.ts';

/** The source of a process's standard input. */
export type InputPlan =
  | { readonly kind: 'descriptor'; readonly descriptor: 'inherit' | 'ignore' | number }
  | FilePlan
  | { readonly kind: 'bytes'; readonly bytes: ArrayBufferView | string }
  | { readonly kind: 'source'; readonly source: AsyncIterable<Uint8Array | string> }
  | { readonly kind: 'pipe' };

/** The destination of an output of a process. */
export type OutputPlan =
  | { readonly kind: 'descriptor'; readonly descriptor: 'inherit' | 'ignore' | number }
  | FilePlan
  | PipePlan
  | { readonly kind: 'merged' };

export interface FilePlan {
  readonly kind: 'file';
  readonly path: string;
  readonly append: boolean;
}

/** An output that arrives in this program, and everything that gets its bytes. */
export interface PipePlan {
  readonly kind: 'pipe';
  /** Whether it becomes part of the result. */
  readonly captured: boolean;
  /** Whether it is forwarded to the output of this program. */
  readonly tee: boolean;
  readonly onLine: ((line: string) => unknown) | undefined;
  readonly target: SendStream | undefined;
  /** Whether the user reads it as a stream, in the start form. */
  readonly toUser: boolean;
}

/** The arguments of `runProcess`, checked and with their defaults. */
export interface RunPlan {
  readonly spawn: SpawnPlan;
  /** The command: the program, then its arguments. */
  readonly command: readonly string[];
  readonly stdin: InputPlan;
  readonly stdout: OutputPlan;
  readonly stderr: OutputPlan;
  /** In bytes; `Infinity` for no limit. */
  readonly maxOutput: number;
  /** In bytes. */
  readonly maxLine: number;
  /** In milliseconds; `Infinity` for no limit. */
  readonly outputTimeout: number;
  /** In milliseconds. */
  readonly gracePeriod: number;
  readonly options: RunProcessOptions;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof RunProcessOptions>([
  'stdin',
  'stdout',
  'stderr',
  'captureStdout',
  'captureStderr',
  'onStdoutLine',
  'onStderrLine',
  'maxLine',
  'maxOutput',
  'outputTimeout',
  'check',
  'shell',
  'cwd',
  'env',
  'killTree',
  'gracePeriod',
  'deliverCancel',
  'taskStatus',
]);

/** The default of `gracePeriod`, in milliseconds. */
const GRACE_PERIOD = 5000;

/** The default of `maxLine`, in bytes. */
const MAX_LINE = 64 * 1024 * 1024;

/** Replacements for options that Node and other libraries have. */
const HINTS: Readonly<Record<string, string>> = {
  encoding: 'streams of processes carry bytes, and the result has stdoutText and stderrText',
  timeout: 'put failAfter() or moveOnAfter() around the call',
  signal: 'cancel a scope around the call, for instance new CancelScope({ signal })',
  stdio: 'use stdin, stdout and stderr',
  input: 'use stdin',
  detached: 'killTree makes a process group',
};

/**
 * Checks the arguments of `runProcess` as far as possible before anything is started.
 *
 * @throws {TypeError} when an argument has the wrong type. @throws {RangeError} when a value or a combination is not allowed.
 */
export function planRun(program: unknown, given: unknown, options: RunProcessOptions): RunPlan {
  const [file, ...args] = requireCommand(program, given, options);
  for (const name of Object.keys(options)) {
    if (OPTIONS.has(name)) continue;
    const hint = HINTS[name];
    throw new TypeError(`runProcess(): there is no option '${name}'${hint === undefined ? '' : `; ${hint}`}`);
  }
  const {
    maxOutput = Infinity,
    maxLine = MAX_LINE,
    outputTimeout = Infinity,
    gracePeriod = GRACE_PERIOD,
    cwd,
  } = options;
  if (!(maxOutput >= 0))
    throw new RangeError(`runProcess(): maxOutput must be a number of bytes, 0 or more, but is ${maxOutput}`);
  if (!Number.isInteger(maxLine) || maxLine < 1)
    throw new RangeError(`runProcess(): maxLine must be a number of bytes, 1 or more, but is ${maxLine}`);
  const stdout = planOutput('stdout', options);
  return {
    spawn: {
      file,
      args,
      shell: options.shell ?? false,
      cwd: cwd === undefined ? undefined : toPath(cwd, 'cwd'),
      env: options.env,
      leadsGroup: options.killTree ?? false,
    },
    command: [file, ...args],
    stdin: planInput(options),
    stdout,
    stderr: options.stderr === 'stdout' ? planMerged(stdout, options) : planOutput('stderr', options),
    maxOutput,
    maxLine,
    outputTimeout: toMilliseconds(outputTimeout, 'runProcess(): outputTimeout'),
    gracePeriod: toMilliseconds(gracePeriod, 'runProcess(): gracePeriod'),
    options,
  };
}

function requireCommand(file: unknown, args: unknown, { shell }: RunProcessOptions): [string, ...string[]] {
  if (typeof file !== 'string') throw new TypeError(`runProcess(): the program must be a string, not ${typeof file}`);
  if (!Array.isArray(args)) throw new TypeError(`runProcess(): the arguments must be an array, not ${typeof args}`);
  const texts = args.map((arg: unknown, index) => {
    if (typeof arg === 'string') return arg;
    throw new TypeError(`runProcess(): argument ${index} must be a string, not ${typeof arg}`);
  });
  if (shell === true && args.length > 0) {
    throw new TypeError('runProcess(): with shell: true the whole command must be one string, without arguments');
  }
  return [file, ...texts];
}

function planInput({ stdin, taskStatus }: RunProcessOptions): InputPlan {
  if (stdin === undefined || stdin === '' || stdin === 'ignore') return { kind: 'descriptor', descriptor: 'ignore' };
  if (stdin === 'pipe') {
    requireStartForm('stdin', taskStatus);
    return { kind: 'pipe' };
  }
  if (stdin === 'inherit') return { kind: 'descriptor', descriptor: stdin };
  if (typeof stdin === 'string' || ArrayBuffer.isView(stdin)) return { kind: 'bytes', bytes: stdin };
  if (typeof stdin === 'number') return { kind: 'descriptor', descriptor: requireDescriptor('stdin', stdin) };
  if (isFile(stdin)) return planFile('stdin', stdin);
  if (isObject(stdin) && Symbol.asyncIterator in stdin) return { kind: 'source', source: stdin };
  throw new TypeError(
    `runProcess(): stdin must be a string, bytes, a stream, { file }, a descriptor, 'inherit', 'ignore' or 'pipe', not ${typeof stdin}`,
  );
}

function planOutput(name: 'stdout' | 'stderr', options: RunProcessOptions): OutputPlan {
  const [given, capture, captureName, onLine, onLineName] =
    name === 'stdout'
      ? ([options.stdout, options.captureStdout, 'captureStdout', options.onStdoutLine, 'onStdoutLine'] as const)
      : ([options.stderr, options.captureStderr, 'captureStderr', options.onStderrLine, 'onStderrLine'] as const);
  const pipe: PipePlan = {
    kind: 'pipe',
    captured: capture === true || capture === 'tee',
    tee: capture === 'tee',
    onLine,
    target: undefined,
    toUser: false,
  };
  if (pipe.captured || onLine !== undefined) {
    if (given === undefined) return pipe;
    throw new RangeError(
      `runProcess(): ${name} cannot be combined with ${pipe.captured ? captureName : onLineName}; use one of them`,
    );
  }
  const output = given as ProcessOutput | undefined;
  if (output === 'pipe') {
    requireStartForm(name, options.taskStatus);
    return { ...pipe, toUser: true };
  }
  if (output === undefined) return { kind: 'descriptor', descriptor: 'inherit' };
  if (output === 'inherit' || output === 'ignore') return { kind: 'descriptor', descriptor: output };
  if (typeof output === 'number') return { kind: 'descriptor', descriptor: requireDescriptor(name, output) };
  if (isFile(output)) return planFile(name, output);
  if (isObject(output) && typeof output.sendAll === 'function') return { ...pipe, target: output };
  const shown = typeof output === 'string' ? JSON.stringify(output) : typeof output;
  throw new TypeError(
    `runProcess(): ${name} must be 'inherit', 'ignore', 'pipe', a stream, { file } or a descriptor, not ${shown}`,
  );
}

function planMerged(stdout: OutputPlan, options: RunProcessOptions): OutputPlan {
  if (options.captureStderr !== undefined && options.captureStderr !== false) {
    throw new RangeError("runProcess(): stderr: 'stdout' cannot be combined with captureStderr; use captureStdout");
  }
  if (options.onStderrLine !== undefined) {
    throw new RangeError("runProcess(): stderr: 'stdout' cannot be combined with onStderrLine; use onStdoutLine");
  }
  if (stdout.kind !== 'descriptor') return { kind: 'merged' };
  return stdout.descriptor === 'inherit' ? { kind: 'descriptor', descriptor: 1 } : stdout;
}

function requireStartForm(name: string, taskStatus: unknown): void {
  if (taskStatus !== undefined) return;
  throw new RangeError(
    `runProcess(): ${name}: 'pipe' is only possible in the start form: nursery.start((taskStatus) => runProcess(file, args, { ${name}: 'pipe', taskStatus }))`,
  );
}

function requireDescriptor(name: string, descriptor: number): number {
  if (Number.isInteger(descriptor) && descriptor >= 0) return descriptor;
  throw new RangeError(
    `runProcess(): ${name} must be a file descriptor, an integer of 0 or more, but is ${descriptor}`,
  );
}

function isFile(value: unknown): value is ProcessFile {
  return isObject(value) && 'file' in value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function planFile(name: string, { file, append = false }: ProcessFile): FilePlan {
  return { kind: 'file', path: toPath(file, name), append };
}

function toPath(path: ProcessPath, name: string): string {
  if (typeof path === 'string') return path;
  if (!isObject(path)) throw new TypeError(`runProcess(): ${name} must be a path, not ${typeof path}`);
  if (!('href' in path)) return String(path);
  try {
    return fileURLToPath(path.href);
  } catch (error) {
    throw new TypeError(`runProcess(): ${name} is not a file URL: ${describeError(error)}`, { cause: error });
  }
}
