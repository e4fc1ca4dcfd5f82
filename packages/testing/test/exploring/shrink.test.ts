import { expect, it } from '@jest/globals';
import { Recorder } from '../../src/exploring/recorder.ts';
import type { Deviation } from '../../src/exploring/recorder.ts';
import { replay } from '../../src/exploring/replay.ts';
import { shrink } from '../../src/exploring/shrink.ts';

const STEPS = 50;
const READY = 5;

/** A program of fifty steps, of which some have to deviate for it to fail. */
function program(fails: (choices: readonly number[]) => boolean): {
  tryOut: (deviations: readonly Deviation[]) => Promise<Recorder | undefined>;
  runs: () => number;
} {
  let runs = 0;
  const ready = Array.from({ length: READY }, (_, id) => ({ task: { id, name: 'task' } as never, what: 'checkpoint' }));
  return {
    runs: () => runs,
    tryOut: (deviations) => {
      runs++;
      const recorder = new Recorder(replay(deviations), 0);
      for (let step = 0; step < STEPS; step++) recorder.choose(ready);
      return Promise.resolve(fails(recorder.choices) ? recorder : undefined);
    },
  };
}

const all: readonly Deviation[] = Array.from({ length: STEPS }, (_, step) => [step, READY - 1]);

it('XO-3: keeps only the choices that matter, and makes each as small as it can be', async () => {
  const { tryOut, runs } = program((choices) => choices[7]! >= 2 && choices[30]! >= 1);
  expect(await shrink(all, tryOut)).toEqual([
    [7, 2],
    [30, 1],
  ]);
  expect(runs()).toBeLessThan(100);
});

it('XO-3: finds that no choice matters', async () => {
  expect(await shrink(all, program(() => true).tryOut)).toEqual([]);
});

it('XO-3: leaves the choices as they are when all of them matter', async () => {
  const { tryOut } = program((choices) => choices.every((choice) => choice === READY - 1));
  expect(await shrink(all, tryOut)).toEqual(all);
});

it('XO-3: spends a limited number of runs', async () => {
  const { tryOut, runs } = program((choices) => choices.filter((choice) => choice > 0).length >= STEPS / 2);
  expect(await shrink(all, tryOut)).toHaveLength(STEPS / 2);
  expect(runs()).toBeLessThanOrEqual(1000);
});
