import { StateError } from '../errors/tercet-error.ts';
import { currentNode } from '../frames/frames.ts';
import { IdleWatch } from './idle-watch.ts';
import type { Run } from '../running/run-state.ts';
import { idlenessOf } from './idleness.ts';
import { Instruments } from './instruments.ts';
import type { Instrument } from './instruments.ts';

/** Sets up the watchers of a run from its beginning: an idle watch if the clock has an `idle` method, and instruments. */
export function observe(run: Run, instruments: readonly Instrument[]): void {
  if (run.clock.idle !== undefined) {
    run.idleWatch = new IdleWatch(run, (isOver) => run.clock.idle?.(run.deadlines.next, idlenessOf(run, isOver)));
  }
  for (const instrument of instruments) addTo(run, instrument);
}

/** Adds an instrument to a run. @throws the error of a getter of a hook; then nothing is added. */
export function addTo(run: Run, instrument: Instrument): void {
  const instruments = run.instruments ?? new Instruments(run);
  instruments.add(instrument);
  run.instruments = instruments;
}

/**
 * Adds an instrument to this run. @throws {StateError} outside of a run. @throws the error of a getter of a hook.
 *
 * @example
 * const instrument: Instrument = { taskSpawned: ({ name }) => console.log('spawned', name) };
 * addInstrument(instrument);
 */
export function addInstrument(instrument: Instrument): void {
  addTo(currentNode('addInstrument()').run, instrument);
}

/**
 * Removes an instrument from this run. @throws {StateError} when it was not added, or outside of a run.
 *
 * @example
 * addInstrument(instrument);
 * await work();
 * removeInstrument(instrument);
 */
export function removeInstrument(instrument: Instrument): void {
  const { run } = currentNode('removeInstrument()');
  if (run.instruments?.remove(instrument) !== true) throw new StateError('removeInstrument(): it had not been added');
  if (run.instruments.isEmpty) run.instruments = undefined;
}
