import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentTime } from '@tercet/core';
import { testRun } from '@tercet/testing';
import { findPrices } from '../src/prices.js';

test(
  'a slow shop is left after half a second',
  testRun(async () => {
    const prices = await findPrices();
    assert.deepEqual(prices, [
      { shop: 'corner', price: 6 },
      { shop: 'market', price: 6 },
      { shop: 'mall', price: undefined },
    ]);
    assert.equal(currentTime(), 500); // virtual milliseconds: the test takes no time
  }),
);
