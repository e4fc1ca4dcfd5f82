import { openNursery, run, sleep } from '@tercet/core';
import { Effect, Fiber } from 'effect';

/** Sleepers whose deadlines are spread over a fifth of a second; all of them come. */
const deadlines = (sleepers, peers) => ({
  name: `${sleepers.toLocaleString('en')} deadlines`,
  count: sleepers,
  rounds: 3,
  baseline: 'tercet',
  implementations: {
    tercet: (count) =>
      run(() =>
        openNursery((nursery) => {
          for (let index = 0; index < count; index++) nursery.startSoon(sleep, 1 + ((index * 7919) % 200_000) / 1000);
        }),
      ),
    ...(peers && {
      promises: (count) =>
        Promise.all(
          Array.from(
            { length: count },
            (_, index) => new Promise((resolve) => setTimeout(resolve, 1 + ((index * 7919) % 200_000) / 1000)),
          ),
        ),
      effect: (count) =>
        Effect.runPromise(
          Effect.gen(function* () {
            const fibers = [];
            for (let index = 0; index < count; index++) {
              fibers.push(yield* Effect.forkChild(Effect.sleep(1 + ((index * 7919) % 200_000) / 1000)));
            }
            yield* Fiber.joinAll(fibers);
          }),
        ),
    }),
  },
});

export default [deadlines(100_000, true), deadlines(1_000_000, false)];
