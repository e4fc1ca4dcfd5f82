import { checkpoint, run, sleep } from '@tercet/core';

const resolved = Promise.resolve();

async function promises(count) {
  for (let index = 0; index < count; index++) await resolved;
}

export default [
  {
    name: 'checkpoint',
    count: 200_000,
    implementations: {
      promises,
      tercet: (count) =>
        run(async () => {
          for (let index = 0; index < count; index++) await checkpoint();
        }),
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
];
