import { expect, it } from '@jest/globals';
import { leavesOf } from '../../src/contracts/leaves-of.ts';

const one = new Error('one');
const two = new Error('two');

it('finds the errors in nested groups, in order', () => {
  expect(leavesOf(new AggregateError([new AggregateError([one]), two]))).toEqual([one, two]);
  expect(leavesOf(one)).toEqual([one]);
  expect(leavesOf(undefined)).toEqual([undefined]);
});

it('C-7: ends for a group that contains itself', () => {
  const circle = new AggregateError([one]);
  circle.errors.push(circle, two);
  expect(leavesOf(circle)).toEqual([one, two]);
  const empty = new AggregateError([]);
  empty.errors.push(empty);
  expect(leavesOf(empty)).toEqual([empty]);
});

it('C-7: visits the same group once', () => {
  let group = new AggregateError([one]);
  for (let depth = 0; depth < 40; depth++) group = new AggregateError([group, group]);
  expect(leavesOf(group)).toEqual([one]);
});

it('C-7: treats a group that throws when it is read as a single error', () => {
  const unreadable = new Proxy(new Error('closed'), {
    get() {
      throw new Error('do not look');
    },
  });
  const leaves = leavesOf(new AggregateError([unreadable, two]));
  expect(leaves.map((leaf) => leaf === unreadable || leaf === two)).toEqual([true, true]);
});
