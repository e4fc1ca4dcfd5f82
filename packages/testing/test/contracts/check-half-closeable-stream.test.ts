import { describe, expect, it } from '@jest/globals';
import { checkpoint, ClosedResourceError } from '@tercet/core';
import type { HalfCloseableStream } from '@tercet/streams';
import {
  checkHalfCloseableStream,
  checkOneWayStream,
  checkTwoWayStream,
  halfCloseableStreamClauses,
  lockstepStreamOneWayPair,
  lockstepStreamPair,
  memoryStreamOneWayPair,
  memoryStreamPair,
  oneWayStreamClauses,
  testRun,
} from '@tercet/testing';

describe('TST-036: memory streams keep the contract', () => {
  it.each(halfCloseableStreamClauses)('$title', ({ check }) => testRun(() => check({ make: memoryStreamPair }))());
});

describe('TST-036: lockstep streams keep the contract', () => {
  it.each(halfCloseableStreamClauses)('$title', ({ check }) =>
    testRun(() => check({ make: lockstepStreamPair, makeClogged: lockstepStreamPair }))(),
  );
});

describe('one-way pairs', () => {
  it.each(oneWayStreamClauses)('$title', ({ check }) =>
    testRun(async () => {
      await check({ make: memoryStreamOneWayPair });
      await check({ make: lockstepStreamOneWayPair, makeClogged: lockstepStreamOneWayPair });
    })(),
  );
});

it(
  'TST-036: memory and lockstep streams pass the complete suites',
  testRun(async () => {
    await checkOneWayStream(memoryStreamOneWayPair);
    await checkOneWayStream(lockstepStreamOneWayPair, lockstepStreamOneWayPair);
    await checkTwoWayStream(memoryStreamPair);
    await checkHalfCloseableStream(lockstepStreamPair, lockstepStreamPair);
    expect(halfCloseableStreamClauses.length).toBeGreaterThan(oneWayStreamClauses.length);
  }),
);

describe('STR-040, STR-041, G-84: half-close contracts notice', () => {
  const check = (
    id: string,
    change: (first: HalfCloseableStream, second: HalfCloseableStream) => void,
    // Only a clause that has to hang may take less time than a loaded machine needs.
    timeout = 20_000,
  ): Promise<void> => {
    const clause = halfCloseableStreamClauses.find(({ title }) => title.includes(id) && !title.startsWith('STR-030'));
    if (clause === undefined) throw new Error(`there is no clause ${id}`);
    const make = (): [HalfCloseableStream, HalfCloseableStream] => {
      const pair = lockstepStreamPair();
      change(...pair);
      return pair;
    };
    return clause.check({ make, makeClogged: make, timeout });
  };
  const untouched = (): void => undefined;

  it(
    'STR-040: that sendEof is not a checkpoint, or does nothing',
    testRun(async () => {
      await check('STR-040', untouched);
      const lazy = check('STR-040', (first) => (first.sendEof = () => Promise.resolve()));
      await expect(lazy).rejects.toThrow(/^STR-040: .* a checkpoint was expected/);
      const idle = check('STR-040', (first) => (first.sendEof = () => checkpoint()), 30);
      await expect(idle).rejects.toThrow(/^STR-040: .* it hangs/);
    }),
  );

  it(
    'STR-041: that data can still be sent, that sendEof cannot be called again, or that it ends both directions',
    testRun(async () => {
      await check('STR-041', untouched);
      const sending = check('STR-041', (first) => {
        const sendAll = first.sendAll.bind(first);
        let count = 0;
        first.sendAll = (data) => (count++ === 0 ? sendAll(data) : checkpoint());
      });
      await expect(sending).rejects.toThrow(/^STR-041: .* sendAll\(\) after sendEof\(\) returned undefined/);
      const sendingNothing = check('STR-041', (first) => {
        const sendAll = first.sendAll.bind(first);
        first.sendAll = (data) => (data === '' ? checkpoint() : sendAll(data));
      });
      await expect(sendingNothing).rejects.toThrow(/^STR-041: .* sendAll\(''\) after sendEof\(\) returned undefined/);
      const once = check('STR-041', (first) => {
        const sendEof = first.sendEof.bind(first);
        let count = 0;
        first.sendEof = () => (count++ === 0 ? sendEof() : Promise.reject(new ClosedResourceError('again?')));
      });
      await expect(once).rejects.toThrow(/^STR-041: .* ClosedResourceError: again\?/);
      const both = check('STR-041', (first) => (first.sendEof = () => first.close()));
      await expect(both).rejects.toThrow(/^STR-041: /);
    }),
  );

  it.each(['while another task sends', 'while another task waits to send'])('G-84: that sendEof is accepted %s', (id) =>
    testRun(async () => {
      await check(id, untouched);
      await expect(check(id, (first) => (first.sendEof = () => checkpoint()))).rejects.toThrow(
        /^G-84: .* returned undefined instead of throwing a BusyResourceError/,
      );
    })(),
  );
});
