import { fileURLToPath } from 'node:url';
import { describeError, toMilliseconds } from '@tercet/core/lowlevel';
import type { SendStream } from '@tercet/streams';
import type { SpawnPlan } from '../process/spawn.ts';
import type { ProcessFile, ProcessOutput, ProcessPath, RunProcessOptions } from './run-options.ts';

/** What becomes of a process's standard input. */
export type InputPlan =
  | { readonly kind: 'descriptor'; readonly descriptor: 'inherit' | 'ignore' | number }
  | FilePlan
  | { readonly kind: 'bytes'; readonly bytes: ArrayBufferView | string }
  | { readonly kind: 'source'; readonly source: AsyncIterable<Uint8Array | string> }
  | { readonly kind: 'pipe' };

/** What becomes of one of its outputs. */
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

/** An output that comes to us, and who gets it; `toUser` is the stream of the start form. */
export interface PipePlan {
  readonly kind: 'pipe';
  readonly captured: boolean;
  readonly tee: boolean;
  readonly onLine: ((line: string) => unknown) | undefined;
  readonly target: SendStream | undefined;
  readonly toUser: boolean;
}

/** The arguments of `runProcess`, checked and completed. */
export interface RunPlan {
  readonly spawn: SpawnPlan;
  /** The command: the program, then its arguments. */
  readonly command: readonly string[];
  readonly stdin: InputPlan;
  readonly stdout: OutputPlan;
  readonly stderr: OutputPlan;
  readonly maxOutput: number;
  readonly maxLine: number;
  /** Milliseconds, as the next one. */
  readonly outputTimeout: number;
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

const GRACE_PERIOD = 5000;

/** The longest line of a process by default: bytes. */
const MAX_LINE = 64 * 1024 * 1024;

/** What is said of options that other ways of running a process have. */
const HINTS: Readonly<Record<string, string>> = {
  encoding: 'streams of processes carry bytes, and the result has stdoutText and stderrText',
  timeout: 'put failAfter() or moveOnAfter() around the call',
  signal: 'cancel a scope around the call, new CancelScope({ signal }) for instance',
  stdio: 'give stdin, stdout and stderr',
  input: 'give it as stdin',
  detached: 'killTree makes a process group',
};

/**
 * Checks all that can be checked before anything is started.
 *
 * @throws {TypeError} @throws {RangeError}
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
  if (!(maxOutput >= 0)) throw new RangeError(`runProcess(): maxOutput must be a number of bytes, but is ${maxOutput}`);
  if (!Number.isInteger(maxLine) || maxLine < 1)
    throw new RangeError(`runProcess(): maxLine must be a number of bytes from 1, but is ${maxLine}`);
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
  if (typeof file !== 'string') throw new TypeError(`runProcess(): the program must be a text, not ${typeof file}`);
  if (!Array.isArray(args)) throw new TypeError(`runProcess(): the arguments must be an array, not ${typeof args}`);
  const texts = args.map((arg: unknown, index) => {
    if (typeof arg === 'string') return arg;
    throw new TypeError(`runProcess(): argument ${index} must be a text, not ${typeof arg}`);
  });
  if (shell === true && args.length > 0) {
    throw new TypeError('runProcess(): with shell: true the whole command is one text, and there are no arguments');
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
    `runProcess(): stdin must be a text, bytes, a stream, { file }, a descriptor, 'inherit', 'ignore' or 'pipe', not ${typeof stdin}`,
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
      `runProcess(): ${name} cannot be given together with ${pipe.captured ? captureName : onLineName}; give one of them`,
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
    throw new RangeError(
      "runProcess(): stderr: 'stdout' cannot be given together with captureStderr; use captureStdout",
    );
  }
  if (options.onStderrLine !== undefined) {
    throw new RangeError("runProcess(): stderr: 'stdout' cannot be given together with onStderrLine; use onStdoutLine");
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
  throw new RangeError(`runProcess(): ${name} must be a file descriptor, an integer from 0, but is ${descriptor}`);
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
