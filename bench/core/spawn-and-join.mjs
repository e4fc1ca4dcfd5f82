import { checkpoint, openNursery, run } from '@tercet/core';

const resolved = Promise.resolve();

async function bareChild() {
  await resolved;
}

async function child() {
  await checkpoint();
}

/** `groups` times: start `size` functions, wait for all. */
const spawnAndJoin = (size) => ({
  name: `spawn and join, ${size} at a time`,
  count: 100_000,
  implementations: {
    async promises(count) {
      for (let group = 0; group < count / size; group++)
        await Promise.all(Array.from({ length: size }, () => bareChild()));
    },
    tercet: (count) =>
      run(async () => {
        for (let group = 0; group < count / size; group++) {
          await openNursery((nursery) => {
            for (let index = 0; index < size; index++) nursery.startSoon(child);
          });
        }
      }),
  },
});

export default [spawnAndJoin(1), spawnAndJoin(100), spawnAndJoin(100_000)];
