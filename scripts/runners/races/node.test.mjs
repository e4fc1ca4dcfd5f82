import { test } from 'node:test';
import { all, checkpoint } from '@tercet/core';
import { explore } from '@tercet/testing';

test('takes turns (all four)', async () => {
  await explore(
    async () => {
      const order = [];
      const turn = (number) => async () => {
        await checkpoint();
        order.push(number);
      };
      await all([turn(1), turn(2), turn(3), turn(4)]);
      if (order.join() === '4,3,2,1') throw new RangeError('backwards');
    },
    { title: 'takes turns (all four)' },
  );
});
