import { openNursery, run } from '@tercet/core';
import { Effect, Fiber } from 'effect';
import { run as runEffection, scoped, spawn, until } from 'effection';

const resolved = Promise.resolve();

/** The function that both promises and tasks run. */
async function child() {
  await resolved;
}

function* effectionChild() {
  yield* until(resolved);
}

/** Groups of `size` functions are started together and waited for. */
const spawnAndJoin = (size) => ({
  name: `spawn and join, ${size.toLocaleString('en')} at a time`,
  count: 100_000,
  rounds: size > 1000 ? 5 : undefined,
  shares: { effection: 0.02 },
  targets: [
    { than: 'promises', atMost: size === 100 ? 2.5 : 2 },
    { than: 'effect', atMost: 1 },
  ],
  implementations: {
    async promises(count) {
      for (let group = 0; group < count / size; group++) {
        await Promise.all(Array.from({ length: size }, () => child()));
      }
    },
    tercet: (count) =>
      run(async () => {
        for (let group = 0; group < count / size; group++) {
          await openNursery((nursery) => {
            for (let index = 0; index < size; index++) nursery.startSoon(child);
          });
        }
      }),
    // A hundred thousand at a time would take it ten seconds.
    ...(size <= 1000 && {
      effection: (count) =>
        runEffection(function* () {
          for (let group = 0; group < count / size; group++) {
            yield* scoped(function* () {
              const tasks = [];
              for (let index = 0; index < size; index++) tasks.push(yield* spawn(effectionChild));
              for (const task of tasks) yield* task;
            });
          }
        }),
    }),
    effect: (count) =>
      Effect.runPromise(
        Effect.gen(function* () {
          for (let group = 0; group < count / size; group++) {
            const fibers = [];
            for (let index = 0; index < size; index++) fibers.push(yield* Effect.forkChild(Effect.yieldNow));
            yield* Fiber.joinAll(fibers);
          }
        }),
      ),
  },
});

const nested = (depth) => ({
  name: `nested nurseries, ${depth} deep`,
  count: 20_000,
  shares: { effection: 0.05 },
  implementations: {
    async promises(count) {
      const descend = async (left) => {
        await (left === 0 ? resolved : Promise.all([descend(left - 1)]));
      };
      for (let index = 0; index < count / depth; index++) await descend(depth);
    },
    tercet: (count) =>
      run(async () => {
        const descend = async (left) => {
          if (left > 0) await openNursery((nursery) => void nursery.startSoon(descend, left - 1));
        };
        for (let index = 0; index < count / depth; index++) await descend(depth);
      }),
    effection: (count) =>
      runEffection(function* () {
        function* descend(left) {
          if (left > 0) {
            yield* scoped(function* () {
              yield* yield* spawn(() => descend(left - 1));
            });
          }
        }
        for (let index = 0; index < count / depth; index++) yield* descend(depth);
      }),
    effect: (count) => {
      const descend = (left) =>
        Effect.gen(function* () {
          if (left > 0) yield* Fiber.join(yield* Effect.forkChild(descend(left - 1)));
        });
      return Effect.runPromise(
        Effect.gen(function* () {
          for (let index = 0; index < count / depth; index++) yield* descend(depth);
        }),
      );
    },
  },
});

export default [spawnAndJoin(1), spawnAndJoin(100), spawnAndJoin(100_000), nested(10)];
