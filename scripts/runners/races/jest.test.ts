import { test } from '@jest/globals';
import { all, checkpoint } from '@tercet/core';
import { explore } from '@tercet/testing';

test('takes turns (all four)', async () => {
  await explore(async () => {
    const order: number[] = [];
    const turn = (number: number) => async () => {
      await checkpoint();
      order.push(number);
    };
    await all([turn(1), turn(2), turn(3), turn(4)]);
    if (order.join() === '4,3,2,1') throw new RangeError('backwards');
  });
});
