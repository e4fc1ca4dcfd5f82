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
