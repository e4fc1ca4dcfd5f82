import { StateError } from '../errors/tercet-error.ts';
import { currentNode } from '../frames/frames.ts';
import { IdleWatch } from './idle-watch.ts';
import type { Run } from '../running/run-state.ts';
import { idlenessOf } from './idleness.ts';
import { Instruments } from './instruments.ts';
import type { Instrument } from './instruments.ts';

/** Lets a run be watched from its beginning: by its clock, if that wants to know when nothing happens, and by instruments. */
export function observe(run: Run, instruments: readonly Instrument[]): void {
  if (run.clock.idle !== undefined) {
    run.idleWatch = new IdleWatch(run, (isOver) => run.clock.idle?.(run.deadlines.next, idlenessOf(run, isOver)));
  }
  for (const instrument of instruments) addTo(run, instrument);
}

/** @throws what reading the hooks throws: then nothing is added. */
export function addTo(run: Run, instrument: Instrument): void {
  const instruments = run.instruments ?? new Instruments(run);
  instruments.add(instrument);
  run.instruments = instruments;
}

/** Adds a watcher to this run. @throws {StateError} outside of a run. @throws what reading its hooks throws. */
export function addInstrument(instrument: Instrument): void {
  addTo(currentNode('addInstrument()').run, instrument);
}

/** Removes a watcher from this run. @throws {StateError} when it was not added, or outside of a run. */
export function removeInstrument(instrument: Instrument): void {
  const { run } = currentNode('removeInstrument()');
  if (run.instruments?.remove(instrument) !== true) throw new StateError('removeInstrument(): it had not been added');
  if (run.instruments.isEmpty) run.instruments = undefined;
}
