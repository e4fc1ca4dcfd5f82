import { expect, it } from '@jest/globals';
import { RunFinishedError } from '@tercet/core';
import { currentRunToken } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { runVirtually } from '../run-virtually.ts';

it(
  'G-93: calls in one go only what was queued at its start, so that the event loop turns in between',
  testRun(async () => {
    let calls = 0;
    let turns = 0;
    const token = currentRunToken();
    const count = (): void => {
      turns++;
      if (calls < 100) setImmediate(count);
    };
    setImmediate(count);
    const again = (): void => {
      if (++calls < 100) token.runSoon(again);
    };
    token.runSoon(again);
    while (calls < 100) await new Promise((resolve) => setImmediate(resolve));
    expect(turns).toBeGreaterThanOrEqual(90);
  }),
);

it('G-93: calls what was taken at any moment of the end of a run', async () => {
  for (let delay = 0; delay < 30; delay++) {
    let taken = false;
    let called = false;
    await runVirtually(() => {
      const token = currentRunToken();
      void (async () => {
        for (let i = 0; i < delay; i++) await null;
        token.runSoon(() => (called = true));
        taken = true;
      })().catch((error: unknown) => expect(error).toBeInstanceOf(RunFinishedError));
    });
    for (let i = 0; i < 40; i++) await null;
    expect({ delay, called }).toEqual({ delay, called: taken });
  }
});
