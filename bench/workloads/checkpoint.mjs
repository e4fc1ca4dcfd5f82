import { checkpoint, run, sleep } from '@tercet/core';
import { Effect } from 'effect';
import { run as runEffection, sleep as sleepEffection } from 'effection';

const resolved = Promise.resolve();

async function promises(count) {
  for (let index = 0; index < count; index++) await resolved;
}

const effect = (count) =>
  Effect.runPromise(
    Effect.gen(function* () {
      for (let index = 0; index < count; index++) yield* Effect.yieldNow;
    }),
  );

const effection = (count) =>
  runEffection(function* () {
    for (let index = 0; index < count; index++) yield* sleepEffection(0);
  });

export default [
  {
    name: 'checkpoint',
    count: 200_000,
    targets: [{ than: 'promises', atMost: 2.2 }],
    implementations: {
      promises,
      tercet: (count) =>
        run(async () => {
          for (let index = 0; index < count; index++) await checkpoint();
        }),
      effect,
    },
  },
  {
    name: 'sleep(0)',
    count: 200_000,
    implementations: {
      promises,
      tercet: (count) =>
        run(async () => {
          for (let index = 0; index < count; index++) await sleep(0);
        }),
    },
  },
  {
    // Here a timer of the platform stands behind each of theirs.
    name: 'sleep(0), few',
    count: 200,
    baseline: 'tercet',
    implementations: {
      tercet: (count) =>
        run(async () => {
          for (let index = 0; index < count; index++) await sleep(0);
        }),
      effection,
      effect: (count) =>
        Effect.runPromise(
          Effect.gen(function* () {
            for (let index = 0; index < count; index++) yield* Effect.sleep(0);
          }),
        ),
    },
  },
];
