import { expect, it } from '@jest/globals';
import { SharedClaims, SLOTS } from '../../src/protocol/shared-claims.ts';

it('P27: a job that was withdrawn does not begin in place of the next one in its slot', () => {
  const claims = new SharedClaims();
  claims.offer(7);
  expect(claims.withdraw(7)).toBe(true);
  claims.offer(7 + SLOTS);
  expect(claims.begin(7)).toBe(false);
  expect(claims.hasBegun(7 + SLOTS)).toBe(false);
  expect(claims.begin(7 + SLOTS)).toBe(true);
});

it('P34: a job is asked to end only when it has begun, whatever its number', () => {
  const claims = new SharedClaims();
  // Numbers around those at which the bits for the number are used up.
  for (const sequence of [1, 2 ** 29 - 1, 2 ** 29, 2 ** 30, 2 ** 31 + 5]) {
    claims.offer(sequence);
    claims.ask(sequence);
    expect(claims.isAsked(sequence)).toBe(false);
    expect(claims.begin(sequence)).toBe(true);
    expect(claims.withdraw(sequence)).toBe(false);
    claims.ask(sequence);
    expect(claims.isAsked(sequence)).toBe(true);
    expect(claims.hasBegun(sequence)).toBe(true);
  }
});
