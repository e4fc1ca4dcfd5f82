import { checkpoint, openNursery, run } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { Event, Lock, Semaphore } from '@tercet/sync';
import { Deferred, Effect, Fiber, Semaphore as EffectSemaphore } from 'effect';

const TASKS = 4;

/** Tasks that take turns with a lock, and let each other in. */
const handOff = (name, makeLock) => ({
  name: `${name} hand-off, ${TASKS} tasks`,
  count: 50_000,
  baseline: 'tercet',
  implementations: {
    tercet: (count) =>
      run(async () => {
        const lock = makeLock();
        await openNursery((nursery) => {
          for (let task = 0; task < TASKS; task++) {
            nursery.startSoon(async () => {
              for (let index = 0; index < count / TASKS; index++) {
                await lock.acquire();
                await checkpoint();
                lock.release();
              }
            });
          }
        });
      }),
    effect: (count) =>
      Effect.runPromise(
        Effect.gen(function* () {
          const semaphore = yield* EffectSemaphore.make(1);
          const work = Effect.gen(function* () {
            for (let index = 0; index < count / TASKS; index++) yield* semaphore.withPermits(1)(Effect.yieldNow);
          });
          const fibers = [];
          for (let task = 0; task < TASKS; task++) fibers.push(yield* Effect.forkChild(work));
          yield* Fiber.joinAll(fibers);
        }),
      ),
  },
});

export default [
  handOff('lock', () => new Lock()),
  handOff('semaphore', () => new Semaphore(1)),
  {
    name: 'event with 10,000 waiters',
    count: 10_000,
    baseline: 'tercet',
    implementations: {
      tercet: (count) =>
        run(async () => {
          const event = new Event();
          await openNursery(async (nursery) => {
            for (let index = 0; index < count; index++) nursery.startSoon(() => event.wait());
            await waitAllTasksBlocked();
            event.set();
          });
        }),
      effect: (count) =>
        Effect.runPromise(
          Effect.gen(function* () {
            const deferred = yield* Deferred.make();
            const fibers = [];
            for (let index = 0; index < count; index++) fibers.push(yield* Effect.forkChild(Deferred.await(deferred)));
            yield* Effect.sleep(0);
            yield* Deferred.succeed(deferred, undefined);
            yield* Fiber.joinAll(fibers);
          }),
        ),
    },
  },
];
