import { it } from '@jest/globals';
import { checkPrograms } from '../random-programs.ts';
import { SelectGame } from './select-game.ts';

it('SE-1, SE-2, SE-3, SE-4, SE-5: random selections over all kinds of cases behave like a model', async () => {
  await checkPrograms(() => new SelectGame());
});
