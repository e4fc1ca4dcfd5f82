import type { ReceiveStream, SendStream } from '@tercet/streams';
import { checkClauses } from './clause.ts';
import type { MakeStreamPair, StreamClause } from './clause.ts';
import { carryingClauses } from './one-way/carrying-clauses.ts';
import { cloggedClauses } from './one-way/clogged-clauses.ts';
import { closingClauses } from './one-way/closing-clauses.ts';

/** How a contract is checked. */
export interface CheckStreamOptions {
  /** How long each clause may take, in real milliseconds, before it counts as hanging. 3000 by default. */
  readonly timeout?: number;
}

/**
 * Checks all that a `SendStream` and the `ReceiveStream` it is connected with promise: what is sent arrives, in any
 * order of sending and receiving; each operation is a checkpoint; conflicts, closing, broken connections and
 * cancellation have the effects that the interfaces name.
 *
 * Has to be called inside of a run. It makes a new pair of streams for each clause, and closes it.
 *
 * @param make makes a pair: the stream that sends, and the one that receives from it.
 * @param makeClogged makes a pair whose sender is full, so that it cannot send before the receiver receives; without it,
 * what only shows there is not checked.
 * @throws {CheckFailedError} for the first clause that is broken; the text begins with its id.
 * @example
 * test('keeps the contract', testRun(() => checkOneWayStream(memoryStreamOneWayPair)));
 */
export async function checkOneWayStream(
  make: MakeStreamPair<SendStream, ReceiveStream>,
  makeClogged?: MakeStreamPair<SendStream, ReceiveStream>,
  options: CheckStreamOptions = {},
): Promise<void> {
  await checkClauses(oneWayStreamClauses, { make, makeClogged, timeout: options.timeout });
}

/**
 * The clauses of {@link checkOneWayStream}, to make a test of each.
 *
 * @example
 * for (const { title, check } of oneWayStreamClauses) test(title, testRun(() => check({ make: memoryStreamOneWayPair })));
 */
export const oneWayStreamClauses: readonly StreamClause<SendStream, ReceiveStream>[] = [
  ...carryingClauses,
  ...closingClauses,
  ...cloggedClauses,
];
