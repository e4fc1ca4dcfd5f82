import {
  BrokenResourceError,
  ExceptionGroup,
  moveOnAfter,
  openNursery,
  rethrowIfCancelled,
  TooSlowError,
} from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import type { Stream } from '@tercet/streams';
import { CapacityLimiter } from '@tercet/sync';
import { LineReader } from '../protocol/line-reader.ts';
import { MessageWriter } from '../protocol/message-writer.ts';
import { RequestError, type Request } from '../protocol/messages.ts';
import { parseRequest, type BadRequest } from '../protocol/parse-request.ts';
import type { Admission, Visitor } from './admission.ts';
import type { Runs } from './runs.ts';

/** At most this many requests of one connection are handled at a time. Further ones wait, unread. */
const requestsAtATime = 32;

/** From its admission to the end of the connection. */
export async function serveClient(stream: Stream, daemon: Runs, admission: Admission): Promise<void> {
  const { line, write } = daemon.config.limits;
  const visitor = { lines: new LineReader(stream, line), writer: new MessageWriter(stream, write) };
  await admission.letIn(visitor, () => serveConnection(visitor, daemon));
  // TLS announces the end of a connection. A client that does not accept that is not waited for any longer.
  await moveOnAfter(write, () => stream.close());
}

/**
 * Answers the requests of a client until it leaves. Each request has a separate task, so that a long one, such as a tail, does
 * not delay the others. A bad request is answered with an error, and the connection goes on. A line that is not a JSON object
 * ends it: the client speaks another protocol, and somebody else may choose what it sends next, as a web page does.
 */
async function serveConnection({ lines, writer }: Visitor, daemon: Runs): Promise<void> {
  const { limits } = daemon.config;
  const places = new CapacityLimiter(requestsAtATime);
  await openNursery(async (nursery) => {
    for (;;) {
      const place = {};
      await places.acquireOnBehalfOf(place);
      const line = await nextLine(lines, limits.idle, () => places.borrowedTokens > 1);
      if (line === undefined) return;
      const request = 'tooLong' in line ? tooLong(line.tooLong, limits.line) : parseRequest(line.text);
      if ('error' in request && request.isForeign === true) {
        await writer.send({ error: describe(request.error) });
        daemon.log.info('the client does not speak the protocol of jobd');
        nursery.cancelScope.cancel('the client does not speak the protocol of jobd');
        return;
      }
      nursery.startSoon(async () => {
        try {
          await answer(request, daemon, writer);
        } finally {
          places.releaseOnBehalfOf(place);
        }
      });
    }
  });
}

type Line = NonNullable<Awaited<ReturnType<LineReader['next']>>>;

/** @returns `undefined` when the client has closed its side. @throws {BrokenResourceError} when it is silent too long. */
async function nextLine(lines: LineReader, idle: number, isBusy: () => boolean): Promise<Line | undefined> {
  for (;;) {
    const next = await moveOnAfter(idle, async () => ({ line: await lines.next() }));
    if (next !== undefined) return next.line;
    if (!isBusy()) throw new BrokenResourceError(`the client has sent nothing for ${idle} ms`);
  }
}

function tooLong(length: number, longest: number): BadRequest {
  const message = `a line of ${length} bytes was skipped; at most ${longest} are allowed`;
  return { id: undefined, error: new RequestError('line-too-long', message) };
}

async function answer(request: Request | BadRequest, daemon: Runs, writer: MessageWriter): Promise<void> {
  const { id } = request;
  if ('error' in request) return writer.send({ id, error: describe(request.error) });
  try {
    const result = await carryOut(request, daemon, (event) => writer.send({ id, event }));
    await writer.send({ id, result });
  } catch (error) {
    rethrowIfCancelled(error);
    // The connection is lost, so there is no one to answer.
    if (error instanceof BrokenResourceError) throw error;
    if (!(error instanceof RequestError)) daemon.log.error({ err: error, op: request.op }, 'a request has failed');
    await writer.send({ id, error: error instanceof RequestError ? describe(error) : internalError });
  }
}

/** @returns the result, when the last event has been sent. */
async function carryOut(request: Request, daemon: Runs, send: (event: object) => Promise<void>): Promise<unknown> {
  switch (request.op) {
    case 'authenticate':
      // Where a token is required, it has been checked already.
      return {};
    case 'submit': {
      const { number, names } = await daemon.submit(request.text, request.path, request.jobs);
      return { run: number, jobs: names.map((name) => `${number}/${name}`) };
    }
    case 'list':
      return daemon.list(request.run);
    case 'cancel':
      await daemon.cancel(request.target, 'cancelled by a client');
      return {};
    case 'tail':
      return daemon.tail(request.job, async (lines) => {
        for await (const item of lines) await send(item);
      });
  }
}

const internalError = { code: 'internal', message: 'the daemon has failed at this; its log says how' };

function describe({ code, message }: RequestError): object {
  return { code, message };
}

/** Logs what has ended a connection. Neither a broken connection nor a bug in serving one may end the daemon. */
export async function guardConnection(daemon: Runs, body: () => Promise<void>): Promise<void> {
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

/** Logs a failed TLS handshake, which happens before the connection is served. */
export function noteLostHandshake(error: unknown, daemon: Runs): void {
  const isLate = error instanceof TooSlowError;
  const late = `the client has not done the TLS handshake within ${daemon.config.limits.write} ms`;
  daemon.log.info({ reason: isLate ? late : describeError(error) }, 'the connection is lost');
}

function leavesOf(error: unknown): readonly unknown[] {
  return error instanceof ExceptionGroup ? error.leaves() : [error];
}
