import { expect, it } from '@jest/globals';
import { ExceptionGroup } from '@tercet/core';
import { decodeFailure, encodeFailure } from '../../src/engine/failure.ts';

it('P66: groups as deep as they are encoded reach the caller of the engine', () => {
  let error: Error = new RangeError('the innermost');
  for (let level = 0; level < 15; level++) error = new ExceptionGroup(`level ${level}`, [error]);
  const through = JSON.parse(JSON.stringify(encodeFailure(error, 1))) as ReturnType<typeof encodeFailure>;
  const decoded = decodeFailure(through, 'job-1');
  expect(decoded).toBeInstanceOf(ExceptionGroup);
  expect((decoded as ExceptionGroup).message).toMatch(/level 14/);
});
