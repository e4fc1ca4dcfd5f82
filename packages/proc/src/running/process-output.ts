import type { Socket } from 'node:net';
import { BrokenResourceError } from '@tercet/core';
import { CapturedOutput } from '../pipes/captured-output.ts';
import { forEachLine } from '../pipes/for-each-line.ts';
import { OwnOutput } from '../pipes/own-output.ts';
import { PipeReader } from '../pipes/pipe-reader.ts';
import type { PipeSink } from '../pipes/pipe-reader.ts';
import { openPipeStream, readerOf } from '../pipes/pipe-receive-stream.ts';
import type { PipeReceiveStream } from '../pipes/pipe-receive-stream.ts';
import type { PipePlan } from './run-plan.ts';

/** One output of a process that comes to us, with all who get it. */
export class ProcessOutput {
  /** For the user of the start form. */
  readonly stream: PipeReceiveStream | undefined;
  readonly reader: PipeReader;
  readonly #plan: PipePlan;
  readonly #captured: CapturedOutput | undefined;
  readonly #pumped: PipeReceiveStream | undefined;

  /** @param onOverflow called when more comes than `limit` bytes. */
  constructor(
    pipe: Socket,
    name: 'stdout' | 'stderr',
    owner: string,
    plan: PipePlan,
    limit: number,
    onOverflow: () => void,
  ) {
    this.#plan = plan;
    const sinks: PipeSink[] = [];
    if (plan.captured) sinks.push((this.#captured = new CapturedOutput(limit, onOverflow)));
    if (plan.tee) sinks.push(new OwnOutput(process[name], () => this.reader.resume()));
    const isPumped = plan.onLine !== undefined || plan.target !== undefined;
    const stream = isPumped || plan.toUser ? openPipeStream(pipe, `${name} of ${owner}`, sinks) : undefined;
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
    return async () => {
      if (onLine !== undefined) await forEachLine(untilBroken(stream), onLine);
      else for await (const chunk of untilBroken(stream)) await target!.sendAll(chunk);
    };
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
