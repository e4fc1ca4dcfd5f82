import { BrokenResourceError, ClosedResourceError } from '@tercet/core';
import { suspend } from '@tercet/core/lowlevel';
import type { SendChannel } from '@tercet/sync';
import type { SendStream } from '@tercet/streams';
import type { Writable } from 'node:stream';
import type { WritableStream } from 'node:stream/web';
import type { Place, SyncDescription } from '../describing/section.ts';
import { isThenable } from '../running/input.ts';
import { describe } from '../sections/require.ts';
import { consume } from './consume.ts';

/**
 * Where items can go.
 *
 * @example
 * const flow = pipeline(['one', 'two']);
 * async function copy(target: Target<string>): Promise<void> {
 *   await flow.sendTo(target);
 * }
 * const [sender, receiver] = openMemoryChannel<string>(10);
 * await copy(sender); // or a Writable of Node, a WritableStream, a SendStream
 * receiver.receiveNowait(); // 'one'
 */
export type Target<T> =
  SendChannel<T> | WritableStream<T> | Writable | (T extends Uint8Array | string ? SendStream : never);

/**
 * For `sendTo`.
 *
 * @example
 * import { PassThrough } from 'node:stream';
 *
 * const output = new PassThrough({ objectMode: true });
 * await pipeline(['one', 'two']).sendTo(output, { end: false });
 * await pipeline(['three']).sendTo(output); // ends it
 */
export interface SendToOptions {
  /** Whether the target is ended after the last item. By default streams of Node and of the web are. */
  readonly end?: boolean;
}

/** How one kind of target is used. */
interface Sending {
  /** @returns a promise for when the next item may come. */
  send(item: unknown): PromiseLike<unknown> | undefined;
  /** After the last item. */
  end(): Promise<unknown>;
  /** The pipeline has failed, or was cancelled. */
  abort(error: unknown): void;
  /** Whether the target takes no more items, which is not an error of the pipeline. */
  isClosed(error: unknown): boolean;
  dispose?(): void;
}

export async function sendTo(flow: unknown, target: Target<unknown>, { end }: SendToOptions): Promise<void> {
  const sending = sendingTo(target, end);
  const sink: SyncDescription = {
    kind: 'sync',
    name: 'sendTo',
    build: (_next, place) => ({
      step: (item) => {
        try {
          const pending = sending.send(item);
          return isThenable(pending) ? sent(pending, sending, place) : undefined;
        } catch (error) {
          return failed(error, sending, place);
        }
      },
      flush: () => blaming(sending.end(), place),
    }),
  };
  try {
    await consume(flow, sink);
  } catch (error) {
    sending.abort(error);
    throw error;
  } finally {
    sending.dispose?.();
  }
}

async function sent(pending: PromiseLike<unknown>, sending: Sending, place: Place): Promise<void> {
  try {
    await pending;
  } catch (error) {
    failed(error, sending, place);
  }
}

function failed(error: unknown, sending: Sending, place: Place): undefined {
  if (!sending.isClosed(error)) throw place.blame(error);
  place.end();
  return undefined;
}

async function blaming(pending: Promise<unknown>, place: Place): Promise<void> {
  try {
    await pending;
  } catch (error) {
    throw place.blame(error);
  }
}

function sendingTo(target: Target<unknown>, end: boolean | undefined): Sending {
  if (isSendChannel(target)) return channelSending(target, end ?? false);
  if (isSendStream(target)) return streamSending(target, end ?? false);
  if (isWebWritable(target)) return webSending(target, end ?? true);
  if (isNodeWritable(target)) return nodeSending(target, end ?? true);
  throw new TypeError(
    `sendTo() takes a SendChannel, a SendStream, a Writable or a WritableStream, not ${describe(target)}`,
  );
}

function channelSending(channel: SendChannel<unknown>, end: boolean): Sending {
  return {
    send: (item) => channel.send(item),
    end: async () => (end ? await channel.close() : undefined),
    abort: () => undefined,
    // All receivers have gone: an end, like that of a tap.
    isClosed: (error) => error instanceof BrokenResourceError,
  };
}

function streamSending(stream: SendStream, end: boolean): Sending {
  return {
    send: (item) => stream.sendAll(item as Uint8Array | string),
    end: async () => (end ? await stream.close() : undefined),
    abort: () => undefined,
    isClosed: () => false,
  };
}

function webSending(stream: WritableStream, end: boolean): Sending {
  const writer = stream.getWriter();
  // Its rejection is seen by the next write.
  writer.closed.catch(() => undefined);
  writer.ready.catch(() => undefined);
  return {
    send: async (item) => {
      await settled(writer.ready, 'room in a WritableStream');
      // Not awaited, so that the queue of the stream can fill; an error shows in `ready`, and at the end.
      writer.write(item).catch(() => undefined);
      if ((writer.desiredSize ?? 0) <= 0) await settled(writer.ready, 'room in a WritableStream');
    },
    end: async () => {
      if (end) await settled(writer.close(), 'end of a WritableStream');
      else await settled(writer.ready, 'room in a WritableStream');
    },
    abort: (error) => {
      if (end) writer.abort(error).catch(() => undefined);
    },
    isClosed: (error) => error instanceof ClosedResourceError,
    dispose: () => writer.releaseLock(),
  };
}

function nodeSending(writable: Writable, end: boolean): Sending {
  let failure: { readonly error: unknown } | undefined;
  let isClosed = false;
  let changed: (() => void) | undefined;
  const onError = (error: unknown): void => {
    failure ??= { error };
    changed?.();
  };
  const onClose = (): void => {
    isClosed = true;
    changed?.();
  };
  const onDrain = (): void => changed?.();
  writable.on('error', onError).on('close', onClose).on('drain', onDrain).on('finish', onDrain);
  const until = async (what: string, isSo: () => boolean): Promise<void> => {
    while (failure === undefined && !isClosed && !isSo()) await waitFor(what, (wake) => (changed = wake));
    if (failure !== undefined) throw failure.error;
  };
  const requireOpen = (): void => {
    if (failure !== undefined) throw failure.error;
    if (isClosed || writable.destroyed) throw new ClosedResourceError('sendTo(): the Writable has been destroyed');
  };
  return {
    send: (item) => {
      requireOpen();
      if (writable.write(item)) return undefined;
      return until('room in a Writable', () => !writable.writableNeedDrain).then(requireOpen);
    },
    end: async () => {
      requireOpen();
      if (end) {
        writable.end();
        await until('end of a Writable', () => writable.writableFinished);
      } else await until('room in a Writable', () => !writable.writableNeedDrain);
    },
    abort: (error) => {
      if (end) writable.destroy(error instanceof Error ? error : undefined);
    },
    isClosed: (error) => error instanceof ClosedResourceError,
    dispose: () => {
      writable.off('close', onClose).off('drain', onDrain).off('finish', onDrain);
      // A stream that was destroyed with an error emits it later, and may have no other listener.
      if (!writable.destroyed) writable.off('error', onError);
    },
  };
}

/** A foreign promise, in an operation that can be cancelled. */
function settled(promise: PromiseLike<unknown>, what: string): Promise<unknown> {
  return suspend<unknown>(what, (waker) => {
    let isWaiting = true;
    promise.then(
      (value) => isWaiting && waker.wake(value),
      (error: unknown) => isWaiting && waker.fail(error),
    );
    return () => {
      isWaiting = false;
      return 'succeeded';
    };
  });
}

function waitFor(what: string, setWake: (wake: (() => void) | undefined) => void): Promise<void> {
  return suspend<void>(what, (waker) => {
    setWake(() => {
      setWake(undefined);
      waker.wake();
    });
    return () => {
      setWake(undefined);
      return 'succeeded';
    };
  });
}

function isSendChannel(target: unknown): target is SendChannel<unknown> {
  return typeof (target as Partial<SendChannel<unknown>> | null | undefined)?.send === 'function';
}

function isSendStream(target: unknown): target is SendStream {
  return typeof (target as Partial<SendStream> | null | undefined)?.sendAll === 'function';
}

function isWebWritable(target: unknown): target is WritableStream {
  return typeof (target as Partial<WritableStream> | null | undefined)?.getWriter === 'function';
}

function isNodeWritable(target: unknown): target is Writable {
  const { write, on } = (target ?? {}) as Partial<Writable>;
  return typeof write === 'function' && typeof on === 'function';
}
