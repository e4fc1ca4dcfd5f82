import { expect, it } from '@jest/globals';
import { formatDuration } from '../../src/text/format-duration.ts';

it.each([
  [0, '0 ms'],
  [12.4, '12 ms'],
  [999.9, '1 s'],
  [1_000, '1 s'],
  [1_234, '1.2 s'],
  [59_949, '59.9 s'],
  [59_990, '1 min'],
  [61_000, '1 min 1 s'],
  [3_599_900, '1 h'],
  [7_500_000, '2 h 5 min'],
])('%d ms are %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});
