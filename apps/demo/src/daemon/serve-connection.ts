import {
  BrokenResourceError,
  ExceptionGroup,
  failAfter,
  moveOnAfter,
  openNursery,
  rethrowIfCancelled,
  TooSlowError,
} from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { TlsStream } from '@tercet/net';
import type { Stream } from '@tercet/streams';
import { CapacityLimiter } from '@tercet/sync';
import { LineReader } from '../protocol/line-reader.ts';
import { MessageWriter } from '../protocol/message-writer.ts';
import { RequestError, type Request } from '../protocol/messages.ts';
import { parseRequest } from '../protocol/parse-request.ts';
import type { Daemon } from './daemon.ts';

/** How many requests of one connection are worked on at a time; further ones wait, and the client with them. */
const requestsAtATime = 32;

/** From the handshake, if it is one of TLS, to the end of the connection. */
export async function serveClient(stream: Stream, daemon: Daemon): Promise<void> {
  const { write } = daemon.config.limits;
  if (stream instanceof TlsStream) await shakeHands(stream, write);
  await serveConnection(stream, daemon);
  // The end is announced, which TLS wants; but nobody waits long for a client that does not take it.
  await moveOnAfter(write, () => stream.close());
}

/** @throws {BrokenResourceError} when it fails or takes too long. */
async function shakeHands(stream: TlsStream, timeout: number): Promise<void> {
  try {
    await failAfter(timeout, () => stream.doHandshake());
  } catch (error) {
    if (!(error instanceof TooSlowError)) throw error;
    throw new BrokenResourceError(`the client has not done the TLS handshake within ${timeout} ms`, { cause: error });
  }
}

/**
 * Answers the requests of a client until it goes. Each request has a task of its own, so that one that takes long, as a
 * tail does, does not hold up the others. A bad request is answered with an error, and the connection goes on.
 */
export async function serveConnection(stream: Stream, daemon: Daemon): Promise<void> {
  const { limits } = daemon.config;
  const lines = new LineReader(stream, limits.line);
  const writer = new MessageWriter(stream, limits.write);
  const places = new CapacityLimiter(requestsAtATime);
  await openNursery(async (nursery) => {
    for (;;) {
      const place = {};
      await places.acquireOnBehalfOf(place);
      const line = await nextLine(lines, limits.idle, () => places.borrowedTokens > 1);
      if (line === undefined) return;
      nursery.startSoon(async () => {
        try {
          await answer(line, daemon, writer);
        } finally {
          places.releaseOnBehalfOf(place);
        }
      });
    }
  });
}

type Line = NonNullable<Awaited<ReturnType<LineReader['next']>>>;

/** @returns `undefined` when the client has nothing more to say. @throws {BrokenResourceError} when it is silent too long. */
async function nextLine(lines: LineReader, idle: number, isBusy: () => boolean): Promise<Line | undefined> {
  for (;;) {
    const next = await moveOnAfter(idle, async () => ({ line: await lines.next() }));
    if (next !== undefined) return next.line;
    if (!isBusy()) throw new BrokenResourceError(`the client has sent nothing for ${idle} ms`);
  }
}

async function answer(line: Line, daemon: Daemon, writer: MessageWriter): Promise<void> {
  if ('tooLong' in line) {
    const message = `a line of ${line.tooLong} bytes was skipped; at most ${daemon.config.limits.line} are allowed`;
    return writer.send({ error: { code: 'line-too-long', message } });
  }
  const request = parseRequest(line.text);
  if ('error' in request) return writer.send({ id: request.id, error: describe(request.error) });
  const { id } = request;
  try {
    const result = await carryOut(request, daemon, (event) => writer.send({ id, event }));
    await writer.send({ id, result });
  } catch (error) {
    rethrowIfCancelled(error);
    if (!(error instanceof RequestError)) throw error;
    await writer.send({ id, error: describe(error) });
  }
}

/** @returns the result, when the last event has been sent. */
async function carryOut(request: Request, daemon: Daemon, send: (event: object) => Promise<void>): Promise<unknown> {
  switch (request.op) {
    case 'submit': {
      const run = await daemon.submit(request.text, request.path, request.jobs);
      return { run: run.number, jobs: run.describe().map(({ job }) => job) };
    }
    case 'list':
      return { jobs: daemon.list(request.run) };
    case 'cancel':
      daemon.cancel(request.target, 'cancelled by a client');
      return {};
    case 'tail':
      await daemon.feedOf(request.job).subscribe(daemon.config.limits.tail, async (lines) => {
        for await (const item of lines) await send(item);
      });
      return daemon.statusOf(request.job);
  }
}

function describe({ code, message }: RequestError): object {
  return { code, message };
}

/** A connection that breaks is nobody's fault, and no reason to end the daemon; neither is a mistake of ours in one. */
export async function guardConnection(daemon: Daemon, body: () => Promise<void>): Promise<void> {
  try {
    await body();
    daemon.log.debug('the connection has ended');
  } catch (error) {
    rethrowIfCancelled(error);
    const expected = leavesOf(error).every((leaf) => leaf instanceof BrokenResourceError);
    if (expected) daemon.log.info({ reason: describeError(leavesOf(error)[0]) }, 'the connection is lost');
    else daemon.log.error({ err: error }, 'the connection has failed');
  }
}

function leavesOf(error: unknown): readonly unknown[] {
  return error instanceof ExceptionGroup ? error.leaves() : [error];
}
