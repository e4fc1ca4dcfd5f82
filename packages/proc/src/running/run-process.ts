import { CancelScope, isCancelled, moveOnAfter, named, openNursery } from '@tercet/core';
import type { Cancelled, Nursery, TaskHandle } from '@tercet/core';
import { checkpointIfCancelled, rejectIfCancelled } from '@tercet/core/lowlevel';
import { callUserCode } from './call-user-code.ts';
import { CalledProcessError } from './called-process-error.ts';
import { CompletedProcess } from '../process/completed-process.ts';
import { endGroup, endProcess } from './end-process.ts';
import { sendInput } from './send-input.ts';
import { needsFiles, openFiles, plainStdio } from './open-files.ts';
import { OutputLimitError } from './output-limit-error.ts';
import { planRun } from './run-plan.ts';
import type { RunPlan } from './run-plan.ts';
import type { CapturedBytes, OutputCapture, RunProcessOptions } from './run-options.ts';
import type { OutputFailure } from './child-output.ts';
import { startProcess } from './start-process.ts';
import type { StartedProcess } from './start-process.ts';

/** How long the last words of a process that had to be ended are waited for, after its end: milliseconds. */
const LAST_WORDS = 250;

/**
 * Runs a program, and waits until it has ended.
 *
 * Without options it reads nothing, and writes to where this program writes. It never outlives the call: when the
 * surrounding scope is cancelled it gets SIGTERM, after `gracePeriod` SIGKILL, and the call returns when it has ended.
 *
 * With `captureStdout` and the like, the call also waits for the end of the output: a process in the background that the
 * program has left behind holds it open. `killTree` ends such a process, `outputTimeout` does not wait for it.
 *
 * The start form returns the process as soon as it runs, and everything else is the nursery's:
 * `await nursery.start((taskStatus) => runProcess('cat', [], { stdin: 'pipe', stdout: 'pipe', taskStatus }))`.
 *
 * A checkpoint. Nothing is started when the scope is cancelled already.
 *
 * @param file the program: a path, or a name that is looked up in `PATH`.
 * @param args its arguments; they may be left out, also before the options.
 * @returns how it ended, and what was captured.
 * @throws {CalledProcessError} when it failed; not with `check: false`.
 * @throws {OutputLimitError} when it wrote more than `maxOutput`, or a line longer than `maxLine`.
 * @throws {BrokenResourceError} when it was to be shown with `'tee'`, and nobody reads this program's own output any more.
 * @throws {TypeError} or {RangeError} when an argument is wrong: nothing has been started then.
 * @throws the system's error when it cannot be started: `code` is `'ENOENT'` when there is no such program or folder.
 * @throws {ExceptionGroup} with what functions and streams that were passed throw.
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws {StateError} outside of a run.
 * @example
 * const { stdoutText } = await runProcess('git', ['rev-parse', 'HEAD'], { captureStdout: true });
 */
export function runProcess<Stdout extends OutputCapture = false, Stderr extends OutputCapture = false>(
  file: string,
  args?: readonly string[],
  options?: RunProcessOptions<Stdout, Stderr>,
): Promise<CompletedProcess<CapturedBytes<Stdout>, CapturedBytes<Stderr>>>;
/** Runs a program without arguments: `runProcess('ls', { cwd })`. */
export function runProcess<Stdout extends OutputCapture = false, Stderr extends OutputCapture = false>(
  file: string,
  options: RunProcessOptions<Stdout, Stderr>,
): Promise<CompletedProcess<CapturedBytes<Stdout>, CapturedBytes<Stderr>>>;
export async function runProcess(
  file: string,
  ...rest: [args?: readonly string[] | RunProcessOptions, options?: RunProcessOptions]
): Promise<CompletedProcess> {
  const plan = planRun(file, ...argumentsOf(rest));
  const cancelled = rejectIfCancelled('runProcess()');
  if (cancelled !== undefined) return await cancelled;
  const stop = new CancelScope();
  let failure: OutputFailure | undefined;
  const onFailure = (reason: OutputFailure): void => {
    failure ??= reason;
    stop.cancel('its output has failed');
  };
  // Between the start and the `try` that answers for the process no checkpoint stands: nothing can come in between.
  const started = await start(plan, onFailure);
  const interruption = await stop.run(() => openNursery((nursery) => attend(started, nursery, plan)));
  const { process, stdout, stderr } = started;
  const captured = [stdout?.captured, stderr?.captured] as const;
  if (failure !== undefined) throw errorOf(failure, plan, captured);
  if (interruption !== undefined) throw interruption;
  const done = new CompletedProcess(plan.command, process, ...captured);
  if (done.exitCode !== 0 && plan.options.check !== false) throw new CalledProcessError(done);
  return done;
}

/** Between the program and the options the arguments may be left out. */
function argumentsOf([first = [], second]: readonly unknown[]): [unknown, RunProcessOptions] {
  // Not by its prototype: it may be an object of another realm.
  const isOptions = second === undefined && Object.prototype.toString.call(first) === '[object Object]';
  return isOptions ? [[], first as RunProcessOptions] : [first, (second ?? {}) as RunProcessOptions];
}

type Outputs = readonly [Uint8Array | undefined, Uint8Array | undefined];

function errorOf(failure: OutputFailure, { command, maxOutput, maxLine }: RunPlan, captured: Outputs): Error {
  if (typeof failure === 'object') return failure;
  const excess =
    failure === 'captured'
      ? `more than the ${maxOutput} bytes that maxOutput allows`
      : `a line of more than the ${maxLine} bytes that maxLine allows`;
  return new OutputLimitError(command, excess, ...captured);
}

async function start(plan: RunPlan, onFailure: (failure: OutputFailure) => void): Promise<StartedProcess> {
  if (!needsFiles(plan)) {
    const stdio = [plainStdio(plan.stdin), plainStdio(plan.stdout), plainStdio(plan.stderr)];
    return await startProcess(plan, stdio, undefined, onFailure);
  }
  const files = await openFiles(plan);
  try {
    await checkpointIfCancelled();
    return await startProcess(plan, files.stdio, files.merged?.source, onFailure);
  } catch (error) {
    files.merged?.source.destroy();
    throw error;
  } finally {
    await files.release();
  }
}

/**
 * However this ends: the process has ended then.
 *
 * @returns the `Cancelled` that has ended it, which is to come out bare and not in the group of the nursery.
 */
async function attend(started: StartedProcess, nursery: Nursery, plan: RunPlan): Promise<Cancelled | undefined> {
  const { process, input } = started;
  const outputs = [started.stdout, started.stderr].filter((output) => output !== undefined);
  const ours = outputs.filter(({ isOurs }) => isOurs);
  const feeding = new CancelScope({ shield: true });
  const pumps: Pump[] = [];
  const untilOutputEnds = async (): Promise<void> => {
    for (const { reader } of ours) await reader.end();
  };
  const { taskStatus, deliverCancel } = plan.options;
  try {
    if (plan.stdin.kind === 'source' && input !== undefined) {
      const { source } = plan.stdin;
      const pass = (): Promise<void> => callUserCode('what was given as stdin', () => sendInput(source, input));
      nursery.startSoon(named('sendInput stdin', () => feeding.run(pass)));
    }
    for (const { pump } of ours) if (pump !== undefined) pumps.push(startPump(nursery, pump));
    taskStatus?.started(process);
    await process.wait();
    if (plan.spawn.leadsGroup) await endGroup(process, plan.gracePeriod);
    feeding.cancel('the process has ended');
    await moveOnAfter(plan.outputTimeout, untilOutputEnds);
    for (const { reader } of ours) reader.close();
    for (const { task } of pumps) await task.join();
    for (const output of ours) await output.flush();
    return undefined;
  } catch (error) {
    feeding.cancel('the process has to go');
    await endProcess(process, nursery, plan.gracePeriod, deliverCancel);
    if (plan.spawn.leadsGroup) await endGroup(process, plan.gracePeriod);
    await moveOnAfter(LAST_WORDS, untilOutputEnds, { shield: true });
    for (const { scope } of pumps) scope.relativeDeadline = LAST_WORDS;
    for (const { reader } of outputs) reader.close();
    if (isCancelled(error)) return error;
    throw error;
  }
}

/** A task that passes an output on. */
interface Pump {
  readonly task: TaskHandle<unknown>;
  readonly scope: CancelScope;
}

// What a process writes while it cleans up is output as well: a pump goes on until the process has ended.
function startPump(nursery: Nursery, pump: () => Promise<void>): Pump {
  const scope = new CancelScope({ shield: true });
  const pass = (): Promise<void> => callUserCode('what was given for the output', pump);
  return { task: nursery.startSoon(named('pump output', () => scope.run(pass))), scope };
}
