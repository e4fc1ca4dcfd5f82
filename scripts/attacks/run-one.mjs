// Runs one attack in this process: `node run-one.mjs family name folder`. Sends its outcome to its parent.
import { loadFamilies } from './families.mjs';
import { NotTried, Trial } from './trial.mjs';

const [family, name, folder] = process.argv.slice(2);
const attacks = (await loadFamilies()).find((each) => each.family === family).attacks;
const trial = new Trial(folder);
const outcome = { figure: '', broken: trial.broken };
try {
  outcome.figure = await attacks[name].attack(trial);
} catch (error) {
  if (error instanceof NotTried) outcome.refused = error.message;
  else trial.broken.push(String(error?.stack ?? error));
}
await trial.end();
// Handles of the attack may still be open.
process.send(outcome, () => process.exit());
