import { CancelScope, moveOnAfter, run } from '@tercet/core';
import { Effect } from 'effect';
import { race, run as runEffection, scoped, sleep as sleepEffection, until } from 'effection';

const resolved = Promise.resolve();

async function body() {
  await resolved;
}

async function promises(count) {
  for (let index = 0; index < count; index++) await body();
}

function* effectionBody() {
  yield* until(resolved);
}

export default [
  {
    name: 'scope, enter and exit',
    count: 50_000,
    shares: { effection: 0.05 },
    implementations: {
      promises,
      tercet: (count) =>
        run(async () => {
          for (let index = 0; index < count; index++) await new CancelScope().run(body);
        }),
      effection: (count) =>
        runEffection(function* () {
          for (let index = 0; index < count; index++) yield* scoped(effectionBody);
        }),
    },
  },
  {
    name: 'scope with a deadline',
    count: 50_000,
    shares: { effection: 0.02 },
    targets: [{ than: 'effect', atMost: 0.2 }],
    implementations: {
      promises,
      tercet: (count) =>
        run(async () => {
          for (let index = 0; index < count; index++) await moveOnAfter(1000, body);
        }),
      effection: (count) =>
        runEffection(function* () {
          const timeout = () => sleepEffection(1000);
          for (let index = 0; index < count; index++) yield* race([effectionBody(), timeout()]);
        }),
      effect: (count) => {
        const timed = Effect.timeoutOption(Effect.yieldNow, 1000);
        return Effect.runPromise(
          Effect.gen(function* () {
            for (let index = 0; index < count; index++) yield* timed;
          }),
        );
      },
    },
  },
];
