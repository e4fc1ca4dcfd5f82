import type { Socket } from 'node:net';
import { BrokenResourceError } from '@tercet/core';
import { brokenError } from '@tercet/streams/lowlevel';
import { CapturedOutput } from '../pipes/captured-output.ts';
import { forEachLine } from '../pipes/for-each-line.ts';
import { PipeReader } from '../pipes/pipe-reader.ts';
import type { PipeSink } from '../pipes/pipe-reader.ts';
import { openPipeStream, readerOf } from '../pipes/pipe-receive-stream.ts';
import type { PipeReceiveStream } from '../pipes/pipe-receive-stream.ts';
import { ShownOutput } from '../pipes/shown-output.ts';
import { describeCommand } from './describe-command.ts';
import type { PipePlan } from './run-plan.ts';

/** What an output has to do with, apart from what is planned for it. */
export interface OutputSetting {
  /** The program, then its arguments. */
  readonly command: readonly string[];
  readonly maxOutput: number;
  readonly maxLine: number;
  /** Called when the process must not go on. May be called again. */
  readonly onFailure: (failure: OutputFailure) => void;
}

/** Why a process must not go on: it has written more than may be captured, or too long a line, or nobody sees it any more. */
export type OutputFailure = 'captured' | 'line' | BrokenResourceError;

/** One output of a process that comes to us, with all who get it. */
export class ProcessOutput {
  /** For the user of the start form. */
  readonly stream: PipeReceiveStream | undefined;
  readonly reader: PipeReader;
  readonly #plan: PipePlan;
  readonly #setting: OutputSetting;
  readonly #captured: CapturedOutput | undefined;
  readonly #shown: ShownOutput | undefined;
  readonly #pumped: PipeReceiveStream | undefined;

  constructor(pipe: Socket, name: 'stdout' | 'stderr', plan: PipePlan, setting: OutputSetting) {
    this.#plan = plan;
    this.#setting = setting;
    const { command, maxOutput, onFailure } = setting;
    const sinks: PipeSink[] = [];
    if (plan.captured) sinks.push((this.#captured = new CapturedOutput(maxOutput, () => onFailure('captured'))));
    if (plan.tee) {
      const onBroken = (error: unknown): void =>
        onFailure(brokenError('runProcess()', `this program's ${name}`, error));
      sinks.push((this.#shown = new ShownOutput(name, { onRoom: () => this.reader.resume(), onBroken })));
    }
    const isPumped = plan.onLine !== undefined || plan.target !== undefined;
    const stream =
      isPumped || plan.toUser ? openPipeStream(pipe, `${name} of ${describeCommand(command)}`, sinks) : undefined;
    this.reader = stream === undefined ? new PipeReader(pipe, sinks) : readerOf(stream);
    this.stream = plan.toUser ? stream : undefined;
    this.#pumped = isPumped ? stream : undefined;
  }

  /** Whether the call has to read it to its end; the start form's stream is the user's affair. */
  get isOurs(): boolean {
    return !this.#plan.toUser;
  }

  /** What is done with it in a task of its own, if anything is. */
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

  /** Waits until what is shown is written. A checkpoint if it has to wait. */
  async flush(): Promise<void> {
    await this.#shown?.flush();
  }

  /** All that has been captured until now. */
  get captured(): Uint8Array | undefined {
    return this.#captured?.bytes();
  }
}

// Ours are pipes that break only when we close them, because nobody waits any longer for who holds the other end.
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
