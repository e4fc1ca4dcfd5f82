import { failAfter, untilShutdown } from '@tercet/core';
import { closeForcefully } from '@tercet/streams';
import type { Stream } from '@tercet/streams';
import type { Semaphore } from '@tercet/sync';
import { closeAfter } from './close-after.ts';
import type { Failed, HandlerErrors } from './handler-errors.ts';

/**
 * Serves one connection. When it has ended, the stream is closed forcefully.
 *
 * @example
 * const echo: ConnectionHandler<SocketStream> = async (stream) => {
 *   for await (const chunk of stream) await stream.sendAll(chunk);
 * }; // the stream is closed for it
 * await moveOnAfter(5, () => serveTcp(echo, 0, { host: '127.0.0.1' }));
 */
export type ConnectionHandler<S> = (stream: S) => unknown;

/** How the connections of one listener are served. */
export interface Service<S extends Stream> {
  readonly handler: ConnectionHandler<S>;
  readonly errors: HandlerErrors;
  /** Permits: one for each handler that may still begin. */
  readonly connections: Semaphore;
  /** Permits: one for each handshake that may still begin. */
  readonly handshakes: Semaphore;
  /** How long a handshake may take: milliseconds. */
  readonly handshakeTimeout: number;
}

/** A stream that has to agree on something with its peer before it can be used: TLS. */
interface WithHandshake {
  doHandshake(): Promise<unknown>;
}

/**
 * Waits until the connection may be served. Handshakes have a limit of their own, so that a peer takes one of the
 * connections only when its handshake is done.
 */
export function admit<S extends Stream>(stream: S, service: Service<S>): Promise<void> {
  return take(hasHandshake(stream) ? service.handshakes : service.connections);
}

/**
 * Serves a connection that has been admitted, and closes it.
 *
 * Implementation details: while the handler runs, this is the only function that waits for it. Each further one makes an idle
 * connection 0.7 KiB larger (benchmark `net`, "memory of an idle connection").
 *
 * @throws the error that has to end the server.
 */
export async function serveConnection<S extends Stream>(stream: S, service: Service<S>): Promise<void> {
  const { handler, errors, connections } = service;
  let failed: Failed = 'handshake';
  try {
    if (!hasHandshake(stream) || (await shakeHands(stream, service))) {
      failed = 'handler';
      try {
        await handler(stream);
      } finally {
        connections.release();
      }
    }
    // oxlint-disable-next-line @tercet/no-swallowed-cancel -- handle() throws the Cancelled of our own scopes again
  } catch (error) {
    await closeAfter(
      () => errors.handle(error, failed, stream),
      () => close(stream, service, failed),
    );
    return;
  }
  await close(stream, service, failed);
}

async function close<S extends Stream>(stream: S, { errors }: Service<S>, failed: Failed): Promise<void> {
  try {
    await closeForcefully(stream);
    // oxlint-disable-next-line @tercet/no-swallowed-cancel -- handle() throws the Cancelled of our own scopes again
  } catch (error) {
    await errors.handle(error, failed, stream);
  }
}

/** @returns whether a handler may begin: not when the server has been shut down meanwhile. */
async function shakeHands<S extends Stream>(stream: S & WithHandshake, service: Service<S>): Promise<boolean> {
  const { handshakes, connections, handshakeTimeout } = service;
  try {
    const mayBegin = await untilShutdown(async () => {
      await failAfter(handshakeTimeout, () => stream.doHandshake());
      await take(connections);
      return true;
    });
    return mayBegin === true;
  } finally {
    handshakes.release();
  }
}

async function take(places: Semaphore): Promise<void> {
  if (places.value > 0) places.acquireNowait();
  else await places.acquire();
}

function hasHandshake<S extends Stream>(stream: S): stream is S & WithHandshake {
  return typeof (stream as Partial<WithHandshake>).doHandshake === 'function';
}
