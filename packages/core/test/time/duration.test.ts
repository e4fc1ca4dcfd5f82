import { expect, it } from '@jest/globals';
import { toMilliseconds } from '@tercet/core/lowlevel';

it.each([
  [0, 0],
  [1500, 1500],
  [0.5, 0.5],
  [Infinity, Infinity],
  [{ seconds: 2 }, 2000],
  [{ hours: 1, minutes: 2, seconds: 3, milliseconds: 4 }, 3_723_004],
  [{ minutes: 1, seconds: -30 }, 30_000],
  [{ seconds: 0 }, 0],
])('%j is %d milliseconds', (duration, milliseconds) => {
  expect(toMilliseconds(duration, 'test()')).toBe(milliseconds);
});

it('takes an object with getters, as a Temporal.Duration is', () => {
  class TemporalDuration {
    readonly #seconds = 90;
    get years(): number {
      return 0;
    }
    get days(): number {
      return 0;
    }
    get seconds(): number {
      return this.#seconds;
    }
    get nanoseconds(): number {
      return 500_000;
    }
  }
  expect(toMilliseconds(new TemporalDuration(), 'test()')).toBe(90_000.5);
});

it.each([[-1], [NaN], [-Infinity], [{ seconds: -1 }], [{ hours: NaN }], [{ days: 1 } as never]])(
  'refuses %j with a RangeError that names the operation',
  (duration) => {
    expect(() => toMilliseconds(duration, 'test()')).toThrow(RangeError);
    expect(() => toMilliseconds(duration, 'test()')).toThrow(/^test\(\): /);
  },
);

it.each([['5'], [null], [undefined], [{}], [{ second: 1 }], [{ seconds: '1' }], [true], [(): number => 5]])(
  'refuses %p with a TypeError that names the operation',
  (duration) => {
    expect(() => toMilliseconds(duration as never, 'test()')).toThrow(TypeError);
    expect(() => toMilliseconds(duration as never, 'test()')).toThrow(/^test\(\): /);
  },
);
