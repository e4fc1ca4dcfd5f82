import { AsyncLocalStorage } from 'node:async_hooks';
import { ContextVar } from '@tercet/context';
import { run } from '@tercet/core';

const storage = new AsyncLocalStorage();

export default [
  {
    name: 'ContextVar, get',
    count: 500_000,
    implementations: {
      async promises(count) {
        storage.run(0, () => {
          let sum = 0;
          for (let index = 0; index < count; index++) sum += storage.getStore();
          return sum;
        });
      },
      tercet: (count) =>
        run(() => {
          const variable = new ContextVar('variable');
          variable.set(0);
          let sum = 0;
          for (let index = 0; index < count; index++) sum += variable.get();
          return sum;
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
