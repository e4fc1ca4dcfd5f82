import type { ChildProcess } from 'node:child_process';
import { WaitQueue, inspectAs, ready, rejectIfCancelled } from '@tercet/core/lowlevel';
import { livingProcesses } from './living-processes.ts';
import { requireSignal } from '../signals/signal-names.ts';
import { signalGroup } from './process-group.ts';
import { StapledStream } from '@tercet/streams';
import type { SendStream } from '@tercet/streams';
import type { PipeReceiveStream } from '../pipes/pipe-receive-stream.ts';
import { describeCommand } from './describe-command.ts';
import { describeExit } from './completed-process.ts';

/**
 * How a process ended: by itself, with an exit code, or by a signal. Both are `null` while it runs.
 *
 * Node does not report real-time signals (34 to 64): a process that one of them has ended has the exit code 0.
 */
export interface ExitStatus {
  /** `null` when a signal has ended it. */
  readonly exitCode: number | null;
  /** The signal that has ended it, or `null`. */
  readonly signal: NodeJS.Signals | null;
}

/** Those of its streams that a process has in the start form. */
export interface ProcessStreams {
  readonly stdin: SendStream | undefined;
  readonly stdout: PipeReceiveStream | undefined;
  readonly stderr: PipeReceiveStream | undefined;
}

/** Makes a {@link Process} of a child that has just been started. */
export let adoptChild: (
  child: ChildProcess,
  args: readonly string[],
  leadsGroup: boolean,
  streams: ProcessStreams,
) => Process;

/**
 * A process that runs, or has run: what `nursery.start` returns for `runProcess`, and what `deliverCancel` is given.
 *
 * It does not have to be waited for: the call of `runProcess` that it belongs to does that.
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

  /** Its number in the process table. */
  readonly pid: number;
  /** The command: the program, then its arguments. */
  readonly args: readonly string[];
  /** What it reads; with `stdin: 'pipe'`. Closing it is the end of its input. */
  readonly stdin: SendStream | undefined;
  /** What it writes; with `stdout: 'pipe'`. What nobody reads, it has to wait with. */
  readonly stdout: PipeReceiveStream | undefined;
  /** The same for standard error; with `stderr: 'pipe'`. */
  readonly stderr: PipeReceiveStream | undefined;
  /** `stdin` and `stdout` as one stream; when there are both. */
  readonly stdio: StapledStream<SendStream, PipeReceiveStream> | undefined;
  readonly #child: ChildProcess;
  readonly #leadsGroup: boolean;
  readonly #waiters: WaitQueue<ExitStatus>;
  #announced = false;
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
      // Whoever starts the next process in the turn of this event keeps Node inside its SIGCHLD handler: with three who
      // do, no timer and no other event gets a turn any more.
      setImmediate(() => {
        this.#announced = true;
        while (this.#waiters.wakeFirst(this.#status));
      });
    });
    // After a successful start, only kill() reports errors here.
    child.on('error', (error) => (this.#killError = error));
  }

  /** `null` while it runs, and when a signal has ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** The signal that has ended it; `null` otherwise. */
  get signal(): NodeJS.Signals | null {
    return this.#child.signalCode;
  }

  /** How it has ended, or `undefined` when it has not. Never blocks. */
  poll(): ExitStatus | undefined {
    return this.exitCode === null && this.signal === null ? undefined : this.#status;
  }

  /**
   * Waits until it has ended. Any number of tasks may wait. What it wrote may not have been read by then.
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

  /** Asks it to end: `sendSignal('SIGTERM')`. */
  terminate(): void {
    this.sendSignal('SIGTERM');
  }

  /** Ends it at once, without a chance to clean up: `sendSignal('SIGKILL')`. */
  kill(): void {
    this.sendSignal('SIGKILL');
  }

  /**
   * Sends it a signal; with `killTree`, also to all others in its process group. Does nothing when it has ended. Never
   * blocks.
   *
   * @throws {RangeError} when there is no such signal.
   * @throws the system's error when it may not be signalled.
   */
  sendSignal(signal: NodeJS.Signals): void {
    requireSignal(signal, 'Process.sendSignal()');
    if (this.#leadsGroup) {
      // Its number may belong to somebody else once it has ended and its group is empty.
      if (this.poll() === undefined) signalGroup(this.pid, signal);
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
