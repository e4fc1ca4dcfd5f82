import type { ChildProcess } from 'node:child_process';
import { WaitQueue, inspectAs, ready, rejectIfCancelled } from '@tercet/core/lowlevel';
import { livingProcesses } from './living-processes.ts';
import { requireSignal } from '../signals/signal-names.ts';
import { signalGroup } from './process-group.ts';
import { endTree } from './windows-tree.ts';
import { StapledStream } from '@tercet/streams';
import type { SendStream } from '@tercet/streams';
import type { PipeReceiveStream } from '../pipes/pipe-receive-stream.ts';
import { describeCommand } from './describe-command.ts';
import { describeExit } from './completed-process.ts';

/**
 * How a process ended: with an exit code, or by a signal. Both are `null` while it runs.
 *
 * Node does not report real-time signals (34 to 64): a process ended by one of them has exit code 0.
 *
 * @example
 * const describe = ({ exitCode, signal }: ExitStatus): string =>
 *   signal === null ? `ended with ${exitCode}` : `was ended by ${signal}`;
 * describe(await runProcess(process.execPath, ['-e', 'process.exit(3)'], { check: false })); // 'ended with 3'
 */
export interface ExitStatus {
  /** `null` if a signal has ended the process. */
  readonly exitCode: number | null;
  /** The signal that has ended the process; `null` if it exited. */
  readonly signal: NodeJS.Signals | null;
}

/** The streams of a process in the start form: one for each that was given as `'pipe'`. */
export interface ProcessStreams {
  readonly stdin: SendStream | undefined;
  readonly stdout: PipeReceiveStream | undefined;
  readonly stderr: PipeReceiveStream | undefined;
}

/** Makes a {@link Process} for a child that has just been started. */
export let adoptChild: (
  child: ChildProcess,
  args: readonly string[],
  leadsGroup: boolean,
  streams: ProcessStreams,
) => Process;

/**
 * A process that is running or has ended. `nursery.start` returns one for `runProcess`, and `deliverCancel` gets one.
 *
 * There is no need to wait for it: the call of `runProcess` that has started it does so.
 *
 * @example
 * const server = await nursery.start<Process>((taskStatus) => runProcess('server', [], { taskStatus }));
 * console.log(server.pid);
 * await server.wait();
 */
export class Process implements ExitStatus {
  static {
    adoptChild = (child, args, leadsGroup, streams) => new Process(child, args, leadsGroup, streams);
    inspectAs(this, (process) => {
      const state =
        process.poll() === undefined ? `running with pid ${process.pid}` : `ended with ${describeExit(process)}`;
      return `Process ${describeCommand(process.args)}: ${state}`;
    });
  }

  /** The process id. */
  readonly pid: number;
  /** The command: the program, then its arguments. */
  readonly args: readonly string[];
  /** Its standard input, with `stdin: 'pipe'`. Closing it ends the input. */
  readonly stdin: SendStream | undefined;
  /** Its standard output, with `stdout: 'pipe'`. If it is not read, the process blocks once the pipe is full. */
  readonly stdout: PipeReceiveStream | undefined;
  /** Its standard error, with `stderr: 'pipe'`. If it is not read, the process blocks once the pipe is full. */
  readonly stderr: PipeReceiveStream | undefined;
  /** `stdin` and `stdout` as one stream, if both are pipes. */
  readonly stdio: StapledStream<SendStream, PipeReceiveStream> | undefined;
  readonly #child: ChildProcess;
  /** Whether signals go to the whole process group, which has the same id as the process. */
  readonly #leadsGroup: boolean;
  readonly #waiters: WaitQueue<ExitStatus>;
  /** True from one turn of the event loop after the exit on. The waiters are woken then; before that, `wait` waits. */
  #announced = false;
  /** The error of the last `kill`, which Node emits instead of throwing. */
  #killError: unknown = undefined;

  private constructor(child: ChildProcess, args: readonly string[], leadsGroup: boolean, streams: ProcessStreams) {
    const { stdin, stdout, stderr } = streams;
    this.pid = child.pid!;
    this.args = args;
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = stderr;
    this.stdio = stdin === undefined || stdout === undefined ? undefined : new StapledStream(stdin, stdout);
    this.#child = child;
    this.#leadsGroup = leadsGroup;
    this.#waiters = new WaitQueue(`exit of ${args[0]} (pid ${this.pid})`);
    const living = livingProcesses();
    living.add(this);
    child.on('exit', () => {
      living.delete(this);
      // A task that starts its next process in the turn of this event keeps Node inside its SIGCHLD handler. Three such
      // tasks are enough to starve all timers and all other events.
      setImmediate(() => {
        this.#announced = true;
        this.#waiters.wakeAll(this.#status);
      });
    });
    // After a successful start, Node emits only the errors of kill().
    child.on('error', (error) => (this.#killError = error));
  }

  /** The exit code; `null` while the process runs, and if a signal has ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** The signal that has ended the process; `null` otherwise. */
  get signal(): NodeJS.Signals | null {
    return this.#child.signalCode;
  }

  /** How the process has ended; `undefined` while it runs. Never waits. */
  poll(): ExitStatus | undefined {
    return this.exitCode === null && this.signal === null ? undefined : this.#status;
  }

  /**
   * Waits until the process has ended. Its output may not have been read to the end by then. Any number of tasks may wait.
   *
   * A checkpoint.
   *
   * @throws {Cancelled} when the surrounding scope is cancelled; the process is not affected.
   */
  wait(): Promise<ExitStatus> {
    const cancelled = rejectIfCancelled('Process.wait()');
    if (cancelled !== undefined) return cancelled;
    return this.#announced ? ready(this.#status, 'Process.wait()') : this.#waiters.wait(undefined);
  }

  /** Asks the process to end: `sendSignal('SIGTERM')`. */
  terminate(): void {
    this.sendSignal('SIGTERM');
  }

  /** Ends the process at once, without a chance to clean up: `sendSignal('SIGKILL')`. */
  kill(): void {
    this.sendSignal('SIGKILL');
  }

  /**
   * Sends a signal to the process; with `killTree`, to its whole process group. Does nothing if the process has ended. Never
   * waits.
   *
   * @throws {TypeError} when `signal` is not a string. @throws {RangeError} when this system has no such signal.
   * @throws the system's error when this program may not send signals to the process.
   */
  sendSignal(signal: NodeJS.Signals): void {
    requireSignal(signal, 'Process.sendSignal()');
    if (this.#leadsGroup) {
      // Once the process has ended and its group is empty, the system may give its id to another process.
      if (this.poll() !== undefined) return;
      if (process.platform === 'win32') endTree(this.pid, () => this.#child.kill('SIGKILL'));
      else signalGroup(this.pid, signal);
      return;
    }
    this.#killError = undefined;
    this.#child.kill(signal);
    if (this.#killError !== undefined) throw this.#killError;
  }

  get #status(): ExitStatus {
    return { exitCode: this.exitCode, signal: this.signal };
  }
}
