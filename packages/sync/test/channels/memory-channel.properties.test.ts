import { describe, it } from '@jest/globals';
import { checkPrograms } from '../random-programs.ts';
import { ChannelGame } from './channel-game.ts';

describe('a memory channel under random programs', () => {
  it.each([0, 1, 3, Infinity])(
    'G-60 to G-71: with a buffer of %d, it does what its model does, and loses nothing',
    (capacity) => checkPrograms(() => new ChannelGame(capacity)),
  );
});
