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

/** A pair of memory streams that a test has broken. */
function broken(change: (first: StapledMemoryStream, second: StapledMemoryStream) => void): () => Pair {
  return () => {
    const pair = memoryStreamPair();
    change(...pair);
    return pair;
  };
}

function check(id: string, make: () => Pair): Promise<void> {
  const clause = twoWayStreamClauses.find(({ title }) => title.startsWith(id));
  if (clause === undefined) throw new Error(`there is no clause ${id}`);
  return clause.check({ make, timeout: 2000 });
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
])('STR-030: notices what is broken on the way %s only', (direction, choose) =>
  testRun(async () => {
    const make = broken((first, second) => {
      choose(first, second).sendAll = () => cancelShieldedCheckpoint();
    });
    await expect(checkTwoWayStream(make)).rejects.toThrow(new RegExp(`^STR-030, ${direction}: STR-001: `));
  })(),
);

it(
  'STR-031: notices that a byte is another one after half a megabyte',
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
  'STR-031: notices that more comes than was asked for, and that the end comes too early',
  testRun(async () => {
    const greedy = broken((_, second) => {
      const receiveSome = second.receiveSome.bind(second);
      second.receiveSome = () => receiveSome();
      // All at once is more than a receiver asks for.
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
  'STR-032: notices that the end does not come',
  testRun(async () => {
    const make = broken((first) => {
      first.sendStream.closeHook = undefined;
    });
    await expect(check('STR-032', make)).rejects.toThrow(/^STR-032: .* it hangs/);
  }),
);

it(
  'takes the streams from asynchronous functions too',
  testRun(() => checkTwoWayStream(() => Promise.resolve(lockstepStreamPair()), lockstepStreamPair)),
);
