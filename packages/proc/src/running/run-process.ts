import { CancelScope, isCancelled, moveOnAfter, named, openNursery } from '@tercet/core';
import type { Nursery, TaskHandle } from '@tercet/core';
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

/** How long to read on after ending a process, for output that it wrote while it ended: milliseconds. */
const LAST_WORDS = 250;

/**
 * Runs a program and waits until it has ended.
 *
 * By default its input is empty, and its output goes to the output of this program. The process never outlives the call.
 * When the surrounding scope is cancelled, the process gets SIGTERM, and SIGKILL after `gracePeriod`; the call throws
 * `Cancelled` when the process has ended.
 *
 * If output is captured or read by lines, the call also waits for its end. A background process that the program has left
 * behind may hold the output open: `killTree` ends such a process, and `outputTimeout` limits how long the call waits.
 *
 * In the start form, the process is returned as soon as it runs, while the nursery's task waits for it and ends it:
 * `await nursery.start((taskStatus) => runProcess('cat', [], { stdin: 'pipe', stdout: 'pipe', taskStatus }))`.
 *
 * A checkpoint. Nothing is started if the scope is already cancelled.
 *
 * @param file the program: a path, or a name to look up in `PATH`.
 * @param args its arguments. May be omitted, even when there are options.
 * @returns how the process ended, and its captured output.
 * @throws {CalledProcessError} when the exit code is not 0 or a signal has ended the process; not with `check: false`.
 * @throws {OutputLimitError} when it wrote more than `maxOutput`, or a line longer than `maxLine`.
 * @throws {BrokenResourceError} when the output of this program, needed for `'tee'`, has failed or lost its reader.
 * @throws {TypeError} or {RangeError} when an argument is wrong; nothing has been started then.
 * @throws the system's error when the program cannot be started: `code` is `'ENOENT'` if the program or folder is missing.
 * @throws {ExceptionGroup} of the errors that callbacks and streams passed as options have thrown.
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
  let started: StartedProcess | undefined;
  let bare: Bare | undefined;
  // A task, since the caller may leave the scope around it without waiting for this call. Only tasks are waited for then, and
  // only theirs are the shields that still hold. It starts the process, too, so that no process is without a task.
  const serve = async (nursery: Nursery): Promise<void> => {
    try {
      started = await start(plan, onFailure);
      // oxlint-disable-next-line @tercet/no-swallowed-cancel -- it is thrown below
    } catch (error) {
      bare = { error };
      return;
    }
    // There is no checkpoint between the start and the `try` in `attend`: a cancellation cannot leave the process behind.
    bare = await attend(started, nursery, plan);
  };
  await stop.run(() => openNursery((nursery) => void nursery.startSoon(named('run process', () => serve(nursery)))));
  const captured = [started?.stdout?.captured, started?.stderr?.captured] as const;
  if (failure !== undefined) throw errorOf(failure, plan, captured);
  if (bare !== undefined) throw bare.error;
  const { process } = started!;
  const done = new CompletedProcess(plan.command, process, ...captured);
  if (done.exitCode !== 0 && plan.options.check !== false) throw new CalledProcessError(done);
  return done;
}

/** The arguments may be omitted between the program and the options. */
function argumentsOf([first = [], second]: readonly unknown[]): [unknown, RunProcessOptions] {
  // Checking the prototype would fail for an object from another realm.
  const isOptions = second === undefined && Object.prototype.toString.call(first) === '[object Object]';
  return isOptions ? [[], first as RunProcessOptions] : [first, (second ?? {}) as RunProcessOptions];
}

/** What the call throws as it is. A nursery would put it into a group, so it is handed out as a value. */
interface Bare {
  readonly error: unknown;
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
  await checkpointIfCancelled();
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
    // oxlint-disable-next-line @tercet/no-unshielded-await-in-finally -- it closes handles of Node, which is not a checkpoint
    await files.release();
  }
}

/**
 * Serves a process until it has ended, and ends it if anything fails or the call is cancelled. However this returns or
 * throws, the process has ended.
 *
 * @returns the `Cancelled` that was the reason.
 */
async function attend(started: StartedProcess, nursery: Nursery, plan: RunPlan): Promise<Bare | undefined> {
  const { process, input } = started;
  const outputs = [started.stdout, started.stderr].filter((output) => output !== undefined);
  const ours = outputs.filter(({ isOurs }) => isOurs);
  const sending = new CancelScope({ shield: true });
  const pumps: Pump[] = [];
  const untilOutputEnds = async (): Promise<void> => {
    for (const { reader } of ours) await reader.end();
  };
  let groupMayLive = plan.spawn.leadsGroup;
  const endRest = async (): Promise<void> => {
    if (groupMayLive) await endGroup(process, plan.gracePeriod);
    // From now on, the system may give the id of the group to another one.
    groupMayLive = false;
  };
  const { taskStatus, deliverCancel } = plan.options;
  try {
    if (plan.stdin.kind === 'source' && input !== undefined) {
      const { source } = plan.stdin;
      const pass = (): Promise<void> => callUserCode('the source given as stdin', () => sendInput(source, input));
      nursery.startSoon(named('send stdin', () => sending.run(pass)));
    }
    for (const { pump } of ours) if (pump !== undefined) pumps.push(startPump(nursery, pump));
    taskStatus?.started(process);
    await process.wait();
    await endRest();
    sending.cancel('the process has ended');
    await moveOnAfter(plan.outputTimeout, untilOutputEnds);
    for (const { reader } of ours) reader.close();
    for (const { task } of pumps) await task.join();
    for (const output of ours) await output.flush();
    return undefined;
    // oxlint-disable-next-line @tercet/no-swallowed-cancel -- the caller throws it
  } catch (error) {
    sending.cancel('the process is being ended');
    await endProcess(process, nursery, plan.gracePeriod, deliverCancel);
    await endRest();
    await moveOnAfter(LAST_WORDS, untilOutputEnds, { shield: true });
    for (const { scope } of pumps) scope.relativeDeadline = LAST_WORDS;
    for (const { reader } of outputs) reader.close();
    if (isCancelled(error)) return { error };
    throw error;
  }
}

/** A task that passes an output on to a callback or a stream. */
interface Pump {
  readonly task: TaskHandle<unknown>;
  readonly scope: CancelScope;
}

// A process that is being ended may still write while it cleans up. So cancellation does not reach a pump before that.
function startPump(nursery: Nursery, pump: () => Promise<void>): Pump {
  const scope = new CancelScope({ shield: true });
  const pass = (): Promise<void> => callUserCode('the callback or stream given for the output', pump);
  return { task: nursery.startSoon(named('pump output', () => scope.run(pass))), scope };
}
