import type { Socket } from 'node:net';
import { BrokenResourceError } from '@tercet/core';
import { brokenError } from '@tercet/streams/lowlevel';
import { CapturedOutput } from '../pipes/captured-output.ts';
import { forEachLine } from '../pipes/for-each-line.ts';
import { PipeReader } from '../pipes/pipe-reader.ts';
import type { PipeSink } from '../pipes/pipe-reader.ts';
import { openPipeStream, readerOf } from '../pipes/pipe-receive-stream.ts';
import type { PipeReceiveStream } from '../pipes/pipe-receive-stream.ts';
import { ForwardedOutput } from '../pipes/forwarded-output.ts';
import { describeCommand } from '../process/describe-command.ts';
import type { PipePlan } from './run-plan.ts';

/** The options that both outputs of a process share. */
export interface ChildOutputSettings {
  /** The program, then its arguments. */
  readonly command: readonly string[];
  /** How many bytes are captured at most. */
  readonly maxOutput: number;
  /** The longest line, in bytes. */
  readonly maxLine: number;
  /** Called when the process must be ended, possibly several times. */
  readonly onFailure: (failure: OutputFailure) => void;
}

/** Why a process must be ended: too much output to capture, too long a line, or an output of this program has failed. */
export type OutputFailure = 'captured' | 'line' | BrokenResourceError;

/** An output of a process that arrives in this program, with everything that gets its bytes. */
export class ChildOutput {
  /** The stream for the user, in the start form. */
  readonly stream: PipeReceiveStream | undefined;
  readonly reader: PipeReader;
  readonly #plan: PipePlan;
  readonly #setting: ChildOutputSettings;
  readonly #captured: CapturedOutput | undefined;
  readonly #shown: ForwardedOutput | undefined;
  /** The stream that `pump` reads, if there is a callback for lines or a stream to send to. */
  readonly #pumped: PipeReceiveStream | undefined;

  constructor(pipe: Socket, name: 'stdout' | 'stderr', plan: PipePlan, setting: ChildOutputSettings) {
    this.#plan = plan;
    this.#setting = setting;
    const { command, maxOutput, onFailure } = setting;
    const sinks: PipeSink[] = [];
    if (plan.captured) sinks.push((this.#captured = new CapturedOutput(maxOutput, () => onFailure('captured'))));
    if (plan.tee) {
      const onBroken = (error: unknown): void =>
        onFailure(brokenError('runProcess()', `this program's ${name}`, error));
      sinks.push((this.#shown = new ForwardedOutput(name, { onRoom: () => this.reader.resume(), onBroken })));
    }
    const isPumped = plan.onLine !== undefined || plan.target !== undefined;
    const stream =
      isPumped || plan.toUser ? openPipeStream(pipe, `${name} of ${describeCommand(command)}`, sinks) : undefined;
    this.reader = stream === undefined ? new PipeReader(pipe, sinks) : readerOf(stream);
    this.stream = plan.toUser ? stream : undefined;
    this.#pumped = isPumped ? stream : undefined;
  }

  /** Whether the call reads this output to its end. If not, the user does, in the start form. */
  get isOurs(): boolean {
    return !this.#plan.toUser;
  }

  /** Reads the output in a separate task, if there is a callback for lines or a stream to send to. */
  get pump(): (() => Promise<void>) | undefined {
    const stream = this.#pumped;
    const { onLine, target } = this.#plan;
    if (stream === undefined) return undefined;
    if (onLine === undefined) {
      return async () => {
        for await (const chunk of untilBroken(stream)) await target!.sendAll(chunk);
      };
    }
    const { maxLine, onFailure } = this.#setting;
    return async () => {
      if (!(await forEachLine(untilBroken(stream), maxLine, onLine))) onFailure('line');
    };
  }

  /** Waits until all forwarded bytes are written. A checkpoint only if it has to wait. */
  async flush(): Promise<void> {
    await this.#shown?.flush();
  }

  /** Everything captured so far. */
  get captured(): Uint8Array | undefined {
    return this.#captured?.bytes();
  }
}

// These pipes break only when the call closes them, because it no longer waits for the processes that hold the other end.
async function* untilBroken(stream: PipeReceiveStream): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    let chunk: Uint8Array | null;
    try {
      chunk = await stream.receiveSome();
    } catch (error) {
      if (error instanceof BrokenResourceError) return;
      throw error;
    }
    if (chunk === null) return;
    yield chunk;
  }
}
