import { constants } from 'node:os';
import { ExceptionGroup, isCancelled, openNursery } from '@tercet/core';
import type { TaskStatus } from '@tercet/core';
import { rejectIfCancelled } from '@tercet/core/lowlevel';
import type { SystemPipe } from '../pipes/system-pipe.ts';
import type { CompletedProcess } from '../process/completed-process.ts';
import type { Process } from '../process/process.ts';
import { CalledProcessError } from './called-process-error.ts';
import { openSystemPipes } from './open-system-pipes.ts';
import type { CapturedBytes, OutputCapture, RunProcessOptions } from './run-options.ts';
import { planRun } from './run-plan.ts';
import { runProcess } from './run-process.ts';

/**
 * A program and its arguments.
 *
 * @example
 * const version: PipelineCommand = [process.execPath, '--version'];
 * const copy: PipelineCommand = [process.execPath, '-e', 'process.stdin.pipe(process.stdout)'];
 * await runPipeline([version, copy]);
 */
export type PipelineCommand = readonly [file: string, ...args: string[]];

/**
 * The options of `runPipeline`. `stdin` is that of the first command; `stdout`, `captureStdout` and `onStdoutLine` are those of
 * the last one; all others are those of each command.
 *
 * @example
 * const copy: PipelineCommand = [process.execPath, '-e', 'process.stdin.pipe(process.stdout)'];
 * // `stdin` is that of the first command, `onStdoutLine` of the last one.
 * const options: RunPipelineOptions = { stdin: 'one\ntwo\n', onStdoutLine: (line) => console.log(line) };
 * await runPipeline([copy, copy], options);
 */
export interface RunPipelineOptions<
  Stdout extends OutputCapture = OutputCapture,
  Stderr extends OutputCapture = OutputCapture,
> extends Omit<RunProcessOptions<Stdout, Stderr>, 'taskStatus'> {
  /** The start form: given by `nursery.start`, which then returns the processes as soon as all of them run. */
  readonly taskStatus?: TaskStatus<readonly Process[]>;
}

/**
 * The results of a pipeline, in the order of the commands. Only the standard output of the last one can be captured.
 *
 * @example
 * const done: CompletedPipeline<true, false> = await runPipeline(
 *   [
 *     [process.execPath, '-p', '"hello"'],
 *     [process.execPath, '-e', 'process.stdin.pipe(process.stdout)'],
 *   ],
 *   { captureStdout: true },
 * );
 * console.log(done.map(({ exitCode }) => exitCode)); // [0, 0]
 */
export type CompletedPipeline<Stdout extends OutputCapture, Stderr extends OutputCapture> = [
  ...CompletedProcess<undefined, CapturedBytes<Stderr>>[],
  CompletedProcess<CapturedBytes<Stdout>, CapturedBytes<Stderr>>,
];

/** The exit code with which shells report that SIGPIPE has ended a command. */
const ENDED_BY_SIGPIPE = 128 + (constants.signals.SIGPIPE ?? 13);

/**
 * Runs several programs at the same time, each of which reads what the one before it writes, and waits until all of them have
 * ended: `a | b | c` without a shell. The bytes do not pass through this program.
 *
 * With `check`, a command that has failed is the error, as with `set -o pipefail`: the leftmost one, where bash reports the exit
 * code of the rightmost one. A command that SIGPIPE has ended, because the next one did not want to read on, has not failed. So
 * `yes | head -n 1` succeeds.
 *
 * No process outlives the call. When the surrounding scope is cancelled, or a command cannot be started, all processes are
 * ended, as by `runProcess`.
 *
 * Where the system has no pipes that this program can make (Windows, or no program `mkfifo`), the bytes pass through this
 * program. A command whose reader has ended before it has not failed there, however it ends.
 *
 * A checkpoint. Nothing is started if the scope is already cancelled.
 *
 * @param commands the programs with their arguments, at least one. With `shell: true`, each is one string for the shell.
 * @returns the results of all commands, in their order.
 * @throws {CalledProcessError} of the leftmost command that has failed; not with `check: false`.
 * @throws {TypeError} or {RangeError} when an argument is wrong; nothing has been started then.
 * @throws the errors of `runProcess`, if one of the calls throws; an `ExceptionGroup` if several do.
 * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
 * @example
 * const results = await runPipeline([['git', 'log', '--format=%an'], ['sort'], ['uniq', '-c']], { captureStdout: true });
 * console.log(results.at(-1)?.stdoutText);
 */
export async function runPipeline<Stdout extends OutputCapture = false, Stderr extends OutputCapture = false>(
  commands: readonly PipelineCommand[],
  options: RunPipelineOptions<Stdout, Stderr> = {},
): Promise<CompletedPipeline<Stdout, Stderr>> {
  checkArguments(commands, options);
  const cancelled = rejectIfCancelled('runPipeline()');
  if (cancelled !== undefined) return await cancelled;
  const pipeline = new Pipeline(commands, options);
  await pipeline.run();
  if (options.check !== false) pipeline.check();
  return pipeline.results as CompletedPipeline<Stdout, Stderr>;
}

/** Throws before anything is started. */
function checkArguments(commands: readonly PipelineCommand[], options: RunPipelineOptions): void {
  if (!Array.isArray(commands) || !commands.every((command) => Array.isArray(command))) {
    throw new TypeError("runPipeline() takes an array of commands, each an array of strings: [['seq', '9'], ['wc']]");
  }
  if (commands.length === 0) throw new RangeError('runPipeline(): there must be at least one command');
  for (const [index, [file, ...args]] of commands.entries()) {
    planRun(file, args, {
      ...optionsOf(index, commands.length, options, 'ignore', 'ignore'),
      ...(options.taskStatus === undefined ? {} : { taskStatus: { started: () => undefined } }),
    });
  }
}

/** The options for one command. @param input @param output its pipes to its neighbours. */
function optionsOf(
  index: number,
  count: number,
  { stdin, stdout, captureStdout, onStdoutLine, check: _check, taskStatus: _taskStatus, ...shared }: RunPipelineOptions,
  input: NonNullable<RunProcessOptions['stdin']>,
  output: NonNullable<RunProcessOptions['stdout']>,
): RunProcessOptions {
  const ofFirst = stdin === undefined ? {} : { stdin };
  const ofLast = {
    ...(stdout === undefined ? {} : { stdout }),
    ...(captureStdout === undefined ? {} : { captureStdout }),
    ...(onStdoutLine === undefined ? {} : { onStdoutLine }),
  };
  return {
    ...shared,
    check: false,
    ...(index === 0 ? ofFirst : { stdin: input }),
    ...(index === count - 1 ? ofLast : { stdout: output }),
  };
}

class Pipeline {
  readonly results: CompletedProcess[] = [];
  readonly #commands: readonly PipelineCommand[];
  readonly #options: RunPipelineOptions;
  /** `pipes[i]` leads from command `i` to the next one; `undefined` if the bytes pass through this program. */
  #pipes: readonly SystemPipe[] | undefined;
  readonly #processes: Process[] = [];
  /** The commands whose output this program has closed, because the next one had ended. */
  readonly #cutOff = new Set<number>();

  constructor(commands: readonly PipelineCommand[], options: RunPipelineOptions) {
    this.#commands = commands;
    this.#options = options;
  }

  async run(): Promise<void> {
    try {
      // The nursery comes first, so that there is always something to wait for when the surrounding scope is left.
      await openNursery(async (nursery) => {
        this.#pipes = await openSystemPipes(this.#commands.length - 1);
        for (const index of this.#commands.keys()) {
          const process = await nursery.start<Process>((taskStatus) => this.#runCommand(index, taskStatus));
          this.#processes.push(process);
          // Its neighbours notice its end only if no other process holds its ends of the pipes.
          this.#pipes?.[index - 1]?.output.close();
          this.#pipes?.[index]?.input.close();
        }
        this.#options.taskStatus?.started(this.#processes);
      });
    } catch (error) {
      throw unwrap(error);
    } finally {
      for (const pipe of this.#pipes ?? []) pipe.close();
    }
  }

  async #runCommand(index: number, taskStatus: TaskStatus<Process>): Promise<void> {
    const [file, ...args] = this.#commands[index]!;
    const before = this.#processes[index - 1];
    const input = this.#pipes?.[index - 1]?.output.descriptor ?? before?.stdout ?? 'ignore';
    const output = this.#pipes?.[index]?.input.descriptor ?? 'pipe';
    const options = optionsOf(index, this.#commands.length, this.#options, input, output);
    try {
      this.results[index] = await runProcess(file, args, { ...options, taskStatus });
    } finally {
      if (this.#pipes === undefined && before?.stdout !== undefined) {
        if (before.poll() === undefined) this.#cutOff.add(index - 1);
        await before.stdout.close();
      }
    }
  }

  /** Throws the error of the leftmost command that has failed. */
  check(): void {
    for (const [index, result] of this.results.entries()) {
      if (result.exitCode !== 0 && !this.#wasNotRead(index, result)) throw new CalledProcessError(result);
    }
  }

  /** Whether a command has ended because the next one did not want to read on. */
  #wasNotRead(index: number, { signal, exitCode }: CompletedProcess): boolean {
    if (index === this.results.length - 1) return false;
    return signal === 'SIGPIPE' || exitCode === ENDED_BY_SIGPIPE || this.#cutOff.has(index);
  }
}

/** An error of one command comes out as it is: callers need not know that a nursery is used here. */
function unwrap(error: unknown): unknown {
  if (!(error instanceof ExceptionGroup)) return error;
  const leaves = error.leaves();
  if (leaves.every(isCancelled)) return leaves[0];
  return error.errors.length === 1 ? error.errors[0] : error;
}
