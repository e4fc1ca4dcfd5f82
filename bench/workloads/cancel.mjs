import { openNursery, run, sleepForever } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { Effect, Fiber } from 'effect';
import { run as runEffection, scoped, sleep, spawn, suspend } from 'effection';

const cancelSleepers = (sleepers, peers) => ({
  name: `cancel ${sleepers.toLocaleString('en')} sleepers`,
  count: sleepers,
  rounds: sleepers > 100_000 ? 3 : undefined,
  baseline: 'tercet',
  targets: peers
    ? [
        { than: 'effect', atMost: 1 },
        { than: 'effection', atMost: 0.1 },
      ]
    : [],
  // Only the cancelling is timed: each implementation returns its time.
  implementations: {
    tercet: (count) =>
      run(async () => {
        let begin;
        await openNursery(async (nursery) => {
          for (let index = 0; index < count; index++) nursery.startSoon(sleepForever);
          await waitAllTasksBlocked();
          begin = performance.now();
          nursery.cancelScope.cancel();
        });
        return performance.now() - begin;
      }),
    ...(peers && {
      effection: (count) =>
        runEffection(function* () {
          let begin;
          yield* scoped(function* () {
            for (let index = 0; index < count; index++) {
              void (yield* spawn(suspend));
            }
            yield* sleep(10);
            begin = performance.now();
          });
          return performance.now() - begin;
        }),
      effect: (count) =>
        Effect.runPromise(
          Effect.gen(function* () {
            const fibers = [];
            for (let index = 0; index < count; index++) fibers.push(yield* Effect.forkChild(Effect.never));
            yield* Effect.sleep(10);
            const begin = performance.now();
            yield* Fiber.interruptAll(fibers);
            return performance.now() - begin;
          }),
        ),
    }),
  },
});

export default [cancelSleepers(10_000, true), cancelSleepers(1_000_000, false)];
