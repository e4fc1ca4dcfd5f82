import { openNursery } from '@tercet/core';
import type { Stream } from '@tercet/streams';
import { checkClauses, adaptClause, clause } from './clause.ts';
import type { MakeStreamPair, StreamClause } from './clause.ts';
import { oneWayStreamClauses } from './check-one-way-stream.ts';
import type { CheckStreamOptions } from './check-one-way-stream.ts';
import { close, failure, receive } from './stream-assertions.ts';

/**
 * Checks the contract of two connected streams: {@link checkOneWayStream} in each direction, and both directions at once.
 *
 * @param make makes a pair of connected streams.
 * @param makeClogged makes a pair that is full in both directions.
 * @throws {CheckFailedError} for the first clause that is broken. The text begins with the id of the clause.
 * @example
 * test('keeps the contract', testRun(() => checkTwoWayStream(lockstepStreamPair, lockstepStreamPair)));
 */
export async function checkTwoWayStream(
  make: MakeStreamPair<Stream, Stream>,
  makeClogged?: MakeStreamPair<Stream, Stream>,
  options: CheckStreamOptions = {},
): Promise<void> {
  await checkClauses(twoWayStreamClauses, { make, makeClogged, timeout: options.timeout });
}

// Looked up once, because a lookup of a global is slow in the contexts that test frameworks make.
const { imul } = Math;

/** Number of bytes in each direction. */
const SIZE_OF_DUPLEX_TEST = 2 ** 20;
/** The largest number of bytes that are sent or received at once. */
const LARGEST_CHUNK = 2 ** 14;

/**
 * The clauses of {@link checkTwoWayStream}, to make a test of each.
 *
 * @example
 * for (const { title, check } of twoWayStreamClauses) {
 *   test(title, testRun(() => check({ make: makePair })));
 * }
 */
export const twoWayStreamClauses: readonly StreamClause<Stream, Stream>[] = [
  ...oneWayStreamClauses.map((each) =>
    adaptClause(each, 'STR-030, forth', (body) => (first: Stream, second: Stream) => body(first, second)),
  ),
  ...oneWayStreamClauses.map((each) =>
    adaptClause(each, 'STR-030, back', (body) => (first: Stream, second: Stream) => body(second, first)),
  ),

  clause('STR-031: both directions carry a megabyte at the same time, in pieces of any size', async (first, second) => {
    const forth = randomBytes(SIZE_OF_DUPLEX_TEST, randomNumbers(0));
    const back = forth.toReversed();
    await openNursery((nursery) => {
      nursery.startSoon(sendInPieces, first, forth, randomNumbers(1));
      nursery.startSoon(sendInPieces, second, back, randomNumbers(2));
      nursery.startSoon(receiveInPieces, first, back, randomNumbers(3));
      nursery.startSoon(receiveInPieces, second, forth, randomNumbers(4));
    });
  }),

  clause('STR-032: when one side closes, the other one receives the end, and can close', async (first, second) => {
    await openNursery((nursery) => {
      nursery.startSoon(async () => {
        await receive(second, null, 10);
        await close(second);
      });
      nursery.startSoon(close, first);
    });
  }),
];

async function sendInPieces(stream: Stream, data: Uint8Array, random: RandomNumbers): Promise<void> {
  let position = 0;
  while (position < data.length) {
    const piece = data.subarray(position, position + random(LARGEST_CHUNK));
    await stream.sendAll(piece);
    position += piece.length;
  }
}

async function receiveInPieces(stream: Stream, expected: Uint8Array, random: RandomNumbers): Promise<void> {
  let position = 0;
  while (position < expected.length) {
    const most = random(LARGEST_CHUNK);
    const chunk = await stream.receiveSome(most);
    if (chunk === null) throw failure(`the stream ended after ${position} of ${expected.length} bytes`);
    if (chunk.length === 0 || chunk.length > most) throw failure(`receiveSome(${most}) returned ${chunk.length} bytes`);
    for (let index = 0; index < chunk.length; index++, position++) {
      if (chunk[index] === expected[position]) continue;
      throw failure(`byte ${position} is ${chunk[index]} instead of ${expected[position]}`);
    }
  }
}

/** Returns integers from 1 to `most`, the same ones for each seed, so that a failure can be repeated. */
type RandomNumbers = (most: number) => number;

function randomNumbers(seed: number): RandomNumbers {
  let state = seed;
  // mulberry32, by Tommy Ettinger.
  return (most) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return 1 + (((bits ^ (bits >>> 14)) >>> 0) % most);
  };
}

function randomBytes(length: number, random: RandomNumbers): Uint8Array {
  return new Uint8Array(length).map(() => random(256) - 1);
}
