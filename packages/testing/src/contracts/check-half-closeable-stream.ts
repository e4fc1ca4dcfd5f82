import { BusyResourceError, ClosedResourceError, openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import type { HalfCloseableStream, Stream } from '@tercet/streams';
import { assertCheckpoints } from '../assertions/assert-checkpoints.ts';
import type { CheckStreamOptions } from './check-one-way-stream.ts';
import { twoWayStreamClauses } from './check-two-way-stream.ts';
import { checkClauses, clause, cloggedClause } from './clause.ts';
import type { MakeStreamPair, StreamClause } from './clause.ts';
import { assertRejects, receive, sendAll } from './stream-assertions.ts';

/**
 * Checks the contract of two connected streams with `sendEof`: {@link checkTwoWayStream}, and the half-close.
 *
 * @param make makes a pair of connected streams.
 * @param makeClogged makes a pair that is full in both directions.
 * @throws {CheckFailedError} for the first clause that is broken. The text begins with the id of the clause.
 * @example
 * test('keeps the contract', testRun(() => checkHalfCloseableStream(memoryStreamPair)));
 */
export async function checkHalfCloseableStream(
  make: MakeStreamPair<HalfCloseableStream, HalfCloseableStream>,
  makeClogged?: MakeStreamPair<HalfCloseableStream, HalfCloseableStream>,
  options: CheckStreamOptions = {},
): Promise<void> {
  await checkClauses(halfCloseableStreamClauses, { make, makeClogged, timeout: options.timeout });
}

const halfCloseClauses: readonly StreamClause<HalfCloseableStream, HalfCloseableStream>[] = [
  clause('STR-040: data sent before sendEof arrives, and then the end', xThenEof),

  clause('STR-041: after sendEof only receiving works, and sendEof can be called again', async (first, second) => {
    await xThenEof(first, second);
    await assertRejects('sendAll() after sendEof()', () => first.sendAll('y'), ClosedResourceError);
    await assertRejects("sendAll('') after sendEof()", () => first.sendAll(''), ClosedResourceError);
    await sendEof(first);
    await xThenEof(second, first);
  }),

  cloggedClause('G-84: sendEof throws a BusyResourceError while another task sends', async (first) => {
    await openNursery(async (nursery) => {
      nursery.startSoon(() => first.sendAll('x'));
      await waitAllTasksBlocked();
      await assertRejects('sendEof() beside sendAll()', () => first.sendEof(), BusyResourceError);
      nursery.cancelScope.cancel();
    });
  }),

  cloggedClause('G-84: sendEof throws a BusyResourceError while another task waits to send', async (first) => {
    await openNursery(async (nursery) => {
      nursery.startSoon(() => first.waitSendAllMightNotBlock());
      await waitAllTasksBlocked();
      await assertRejects('sendEof() beside a wait to send', () => first.sendEof(), BusyResourceError);
      nursery.cancelScope.cancel();
    });
  }),
];

/**
 * The clauses of {@link checkHalfCloseableStream}, to make a test of each.
 *
 * @example
 * for (const { title, check } of halfCloseableStreamClauses) {
 *   test(title, testRun(() => check({ make: makePair })));
 * }
 */
export const halfCloseableStreamClauses: readonly StreamClause<HalfCloseableStream, HalfCloseableStream>[] = [
  ...twoWayStreamClauses,
  ...halfCloseClauses,
];

async function xThenEof(first: HalfCloseableStream, second: Stream): Promise<void> {
  await openNursery(async (nursery) => {
    nursery.startSoon(async () => {
      await sendAll(first, 'x');
      await sendEof(first);
    });
    // The sender goes on as far as it can before anything is received.
    await waitAllTasksBlocked();
    await receive(second, 'x', 10);
    await receive(second, null, 10);
  });
}

async function sendEof(stream: HalfCloseableStream): Promise<void> {
  await assertCheckpoints(() => stream.sendEof());
}
