import { expect, it } from '@jest/globals';
import { cancelShieldedCheckpoint } from '@tercet/core/lowlevel';
import {
  checkTwoWayStream,
  lockstepStreamPair,
  memoryStreamPair,
  oneWayStreamClauses,
  testRun,
  twoWayStreamClauses,
} from '@tercet/testing';
import type { StapledMemoryStream } from '@tercet/testing';

type Pair = [StapledMemoryStream, StapledMemoryStream];

/** Makes a pair of broken memory streams. */
function broken(change: (first: StapledMemoryStream, second: StapledMemoryStream) => void): () => Pair {
  return () => {
    const pair = memoryStreamPair();
    change(...pair);
    return pair;
  };
}

// Only a clause that has to hang may take less time than a loaded machine needs.
function check(id: string, make: () => Pair, timeout = 20_000): Promise<void> {
  const clause = twoWayStreamClauses.find(({ title }) => title.startsWith(id));
  if (clause === undefined) throw new Error(`there is no clause ${id}`);
  return clause.check({ make, timeout });
}

it('STR-030: has each clause of the one-way contract twice', () => {
  const titles = twoWayStreamClauses.map(({ title }) => title);
  for (const { title } of oneWayStreamClauses) {
    expect(titles).toContain(`STR-030, forth: ${title}`);
    expect(titles).toContain(`STR-030, back: ${title}`);
  }
});

it.each([
  ['forth', (first: StapledMemoryStream) => first],
  ['back', (_: StapledMemoryStream, second: StapledMemoryStream) => second],
])('STR-030: notices a mistake in the direction %s only', (direction, choose) =>
  testRun(async () => {
    const make = broken((first, second) => {
      choose(first, second).sendAll = () => cancelShieldedCheckpoint();
    });
    await expect(checkTwoWayStream(make)).rejects.toThrow(new RegExp(`^STR-030, ${direction}: STR-001: `));
  })(),
);

it(
  'STR-031: notices a wrong byte after half a megabyte',
  testRun(async () => {
    const make = broken((_, second) => {
      const receiveSome = second.receiveSome.bind(second);
      let length = 0;
      second.receiveSome = async (maxBytes) => {
        const chunk = await receiveSome(maxBytes);
        if (chunk !== null) length += chunk.length;
        return length > 2 ** 19 ? (chunk?.map((byte) => byte ^ 1) ?? null) : chunk;
      };
    });
    await expect(check('STR-031', make)).rejects.toThrow(/^STR-031: .* byte 5\d{5} is \d+ instead of \d+/);
  }),
);

it(
  'STR-031: notices more bytes than were asked for, and an end that comes too early',
  testRun(async () => {
    const greedy = broken((_, second) => {
      const receiveSome = second.receiveSome.bind(second);
      second.receiveSome = () => receiveSome();
      // All bytes at once are more than a receiver asks for.
      second.receiveStream.receiveSomeHook = () => new Promise((resolve) => setImmediate(resolve));
    });
    await expect(check('STR-031', greedy)).rejects.toThrow(/^STR-031: .* receiveSome\(\d+\) returned \d+ bytes/);
    const short = broken((first) => {
      first.receiveSome = () => cancelShieldedCheckpoint().then(() => null);
    });
    await expect(check('STR-031', short)).rejects.toThrow(/^STR-031: .* the stream ended after 0 of 1048576 bytes/);
  }),
);

it(
  'STR-032: notices an end that does not come',
  testRun(async () => {
    const make = broken((first) => {
      first.sendStream.closeHook = undefined;
    });
    await expect(check('STR-032', make, 30)).rejects.toThrow(/^STR-032: .* it hangs/);
  }),
);

it(
  'accepts asynchronous functions that make the streams',
  testRun(() => checkTwoWayStream(() => Promise.resolve(lockstepStreamPair()), lockstepStreamPair)),
);
