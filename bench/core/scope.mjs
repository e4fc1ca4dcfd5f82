import { CancelScope, moveOnAfter, run } from '@tercet/core';

const resolved = Promise.resolve();

async function body() {
  await resolved;
}

async function promises(count) {
  for (let index = 0; index < count; index++) await body();
}

export default [
  {
    name: 'scope, enter and exit',
    count: 50_000,
    implementations: {
      promises,
      tercet: (count) =>
        run(async () => {
          for (let index = 0; index < count; index++) await new CancelScope().run(body);
        }),
    },
  },
  {
    name: 'scope with a deadline',
    count: 50_000,
    implementations: {
      promises,
      tercet: (count) =>
        run(async () => {
          for (let index = 0; index < count; index++) await moveOnAfter(1000, body);
        }),
    },
  },
];
