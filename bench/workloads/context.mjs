import { AsyncLocalStorage } from 'node:async_hooks';
import { ContextVar } from '@tercet/context';
import { run } from '@tercet/core';

const storage = new AsyncLocalStorage();

/** Keeps the loops from being optimised away. */
export let sink = 0;

export default [
  {
    name: 'ContextVar, get',
    count: 500_000,
    implementations: {
      async promises(count) {
        storage.run(0, () => {
          for (let index = 0; index < count; index++) sink += storage.getStore();
        });
      },
      tercet: (count) =>
        run(() => {
          const variable = new ContextVar('variable');
          variable.set(0);
          for (let index = 0; index < count; index++) sink += variable.get();
        }),
    },
  },
  {
    name: 'ContextVar, set',
    count: 200_000,
    implementations: {
      async promises(count) {
        for (let index = 0; index < count; index++) storage.run(index, () => undefined);
      },
      tercet: (count) =>
        run(() => {
          const variable = new ContextVar('variable');
          for (let index = 0; index < count; index++) variable.set(index);
        }),
    },
  },
];
