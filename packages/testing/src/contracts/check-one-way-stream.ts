import type { ReceiveStream, SendStream } from '@tercet/streams';
import { checkClauses } from './clause.ts';
import type { MakeStreamPair, StreamClause } from './clause.ts';
import { carryingClauses } from './one-way/carrying-clauses.ts';
import { cloggedClauses } from './one-way/clogged-clauses.ts';
import { closingClauses } from './one-way/closing-clauses.ts';

/**
 * How a contract is checked.
 *
 * @example
 * const options: CheckStreamOptions = { timeout: 10_000 }; // for a machine with much to do
 * await checkOneWayStream(memoryStreamOneWayPair, undefined, options);
 */
export interface CheckStreamOptions {
  /** The longest time that a clause may take, in real milliseconds, before it counts as hanging. 3000 by default. */
  readonly timeout?: number;
}

/**
 * Checks the contract of a `SendStream` and the `ReceiveStream` that it is connected with. Data arrives, whichever side begins.
 * Each operation is a checkpoint. Conflicts, closing, broken connections and cancellation have the effects that the interfaces
 * document.
 *
 * It has to be called in a run. It makes a new pair of streams for each clause, and closes both.
 *
 * @param make makes a pair: a stream that sends, and the stream that receives from it.
 * @param makeClogged makes a pair whose sender is full, so that it cannot send before the receiver receives. Without it, clauses
 * that need a full sender are not checked.
 * @throws {CheckFailedError} for the first clause that is broken. The text begins with the id of the clause.
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
