import { describe, it } from '@jest/globals';
import { checkPrograms } from '../random-programs.ts';
import { LimiterGame, SemaphoreGame } from './counting-games.ts';
import { ConditionGame, LockGame } from './lock-game.ts';

describe('under random programs', () => {
  it('G-73 to G-77, XO-6: a lock behaves like its model, and forgets no task', () =>
    checkPrograms(() => new LockGame()));

  // A wait that is cancelled takes its place in the queue of the lock when its task goes on, and the model when it is cancelled.
  it('G-76: a condition behaves like its model, and forgets no task', () =>
    checkPrograms(() => new ConditionGame(), 'plain'));

  it.each([
    [0, Infinity],
    [1, 2],
  ])(
    'G-73 to G-75, XO-6: a semaphore of %d, at most %d, does what its model does, and forgets no task',
    (value, maxValue) => checkPrograms(() => new SemaphoreGame(value, maxValue)),
  );

  it('G-73 to G-78, XO-6: a capacity limiter behaves like its model, and forgets no task', () =>
    checkPrograms(() => new LimiterGame()));
});
