import { checkpoint, ClosedResourceError } from '@tercet/core';
import { WaitQueue } from '@tercet/core/lowlevel';
import type { Listener } from '@tercet/streams';
import { memoryStreamPair } from '@tercet/testing';
import type { StapledMemoryStream } from '@tercet/testing';

/** A listener whose connections are made by the test. */
export class FakeListener implements Listener<StapledMemoryStream> {
  readonly #acceptors = new WaitQueue<StapledMemoryStream>('connection');
  readonly #queue: (StapledMemoryStream | { error: unknown })[] = [];
  accepts = 0;
  isClosed = false;

  /** Lets a connection come in. */
  connect(): StapledMemoryStream {
    const [client, server] = memoryStreamPair();
    if (!this.#acceptors.wakeFirst(server)) this.#queue.push(server);
    return client;
  }

  /** Lets the next accept fail. */
  fail(error: unknown): void {
    const { first } = this.#acceptors;
    if (first === undefined) this.#queue.push({ error });
    else first.fail(error);
  }

  async accept(): Promise<StapledMemoryStream> {
    this.accepts++;
    if (this.isClosed) throw new ClosedResourceError('closed');
    const next = this.#queue.shift();
    if (next === undefined) return await this.#acceptors.wait(undefined);
    await checkpoint();
    if ('error' in next) throw next.error;
    return next;
  }

  close(): Promise<void> {
    this.isClosed = true;
    return checkpoint();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
