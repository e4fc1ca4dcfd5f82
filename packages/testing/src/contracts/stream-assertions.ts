import { CancelScope, isCancelled, openNursery } from '@tercet/core';
import { describeError, isError } from '@tercet/core/lowlevel';
import type { AsyncResource, ReceiveStream, Sendable, SendStream } from '@tercet/streams';
import { CheckFailedError } from '../assertions/check-failed-error.ts';
import { assertCheckpoints } from '../assertions/assert-checkpoints.ts';

// The vocabulary of the clauses of stream contracts. Each function throws a CheckFailedError when its check fails, and each
// one that calls an operation of a stream also checks that the operation is a checkpoint.

type ErrorClass = abstract new (...args: never[]) => Error;

export async function assertRejects(
  what: string,
  operation: () => Promise<unknown>,
  expected: ErrorClass,
): Promise<void> {
  let value: unknown;
  try {
    value = await operation();
  } catch (error) {
    if (isOf(error, expected)) return;
    throw new CheckFailedError(`${what} threw ${describeError(error)} instead of a ${expected.name}`, { cause: error });
  }
  throw failure(`${what} returned ${show(value)} instead of throwing a ${expected.name}`);
}

export async function assertCancelled(what: string, operation: () => Promise<unknown>): Promise<void> {
  let value: unknown;
  try {
    value = await operation();
    // oxlint-disable-next-line @tercet/no-swallowed-cancel -- what it asserts is this error
  } catch (error) {
    if (isCancelled(error)) return;
    throw new CheckFailedError(`${what} threw ${describeError(error)} instead of Cancelled`, { cause: error });
  }
  throw failure(`${what} returned ${show(value)} instead of throwing Cancelled`);
}

// Compares names too, because Node's own errors may come from another realm than the test framework's.
function isOf(error: unknown, expected: ErrorClass): boolean {
  return error instanceof expected || (isError(error) && error.name === expected.name);
}

export async function sendAll(stream: SendStream, data: Sendable): Promise<void> {
  const value: unknown = await assertCheckpoints(() => stream.sendAll(data));
  if (value !== undefined) throw failure(`sendAll() returned ${show(value)} instead of nothing`);
}

/** Checks that one `receiveSome` returns exactly `expected`; `null` is the end. */
export async function receive(stream: ReceiveStream, expected: string | null, maxBytes?: number): Promise<void> {
  const operation = (): Promise<Uint8Array | null> =>
    maxBytes === undefined ? stream.receiveSome() : stream.receiveSome(maxBytes);
  const received = await assertCheckpoints(operation);
  if (toText(received) !== expected) {
    throw failure(`receiveSome(${maxBytes ?? ''}) returned ${show(received)} instead of ${show(expected)}`);
  }
}

/** Receives and drops all bytes up to the end. */
export async function drain(stream: ReceiveStream): Promise<void> {
  while ((await stream.receiveSome(16_384)) !== null);
}

/** Sends until it throws. */
export async function sendForEver(stream: SendStream): Promise<never> {
  for (;;) await sendAll(stream, 'x'.repeat(100));
}

export async function close(resource: AsyncResource): Promise<void> {
  await assertCheckpoints(() => resource.close());
}

export async function waitToSend(stream: SendStream): Promise<void> {
  await assertCheckpoints(() => stream.waitSendAllMightNotBlock());
}

export function failure(message: string): CheckFailedError {
  return new CheckFailedError(message);
}

function show(value: unknown): string {
  const text = toText(value);
  return typeof text === 'string' ? JSON.stringify(text.length > 50 ? `${text.slice(0, 50)}…` : text) : String(text);
}

const decoder = new TextDecoder();

function toText(value: unknown): unknown {
  return ArrayBuffer.isView(value) ? decoder.decode(value as Uint8Array) : value;
}

/** Runs both functions at the same time, each in a task. */
export async function together(first: () => Promise<void>, second: () => Promise<void>): Promise<void> {
  await openNursery((nursery) => {
    nursery.startSoon(first);
    nursery.startSoon(second);
  });
}

/** Runs `body` in a scope that is already cancelled. */
export async function inCancelledScope(body: () => Promise<void>): Promise<void> {
  const scope = new CancelScope();
  scope.cancel();
  await scope.run(body);
}
