import { runOutside } from '@tercet/core/lowlevel';

type Listener = NodeJS.SignalsListener;

const shadowedBy = Symbol.for('@tercet/proc/shadowed signal listeners');

/** A listener that stands in for those that were there before it, which it keeps. */
interface ShadowingListener extends Listener {
  [shadowedBy]: Listener[];
}

/**
 * Takes a signal away from all who listen to it now, until the returned function is called: then they have it back, or
 * the system's default action if there was nobody. Whoever listens later, beside this, does so undisturbed.
 *
 * There is a listener at every moment in between: without one, a signal would end the process.
 */
export function takeSignal(signal: NodeJS.Signals, onSignal: (signal: NodeJS.Signals) => void): () => void {
  const listener = Object.assign((received: NodeJS.Signals) => onSignal(received), {
    [shadowedBy]: process.rawListeners(signal) as Listener[],
  });
  // All listeners of a signal run in the async context of the first one, which they would keep alive.
  runOutside(() => process.on(signal, listener));
  for (const shadowed of listener[shadowedBy]) process.off(signal, shadowed);
  return () => giveBack(signal, listener);
}

function giveBack(signal: NodeJS.Signals, listener: ShadowingListener): void {
  const active = process.rawListeners(signal) as Listener[];
  if (active.includes(listener)) {
    runOutside(() => {
      for (const shadowed of listener[shadowedBy]) process.on(signal, shadowed);
    });
    process.off(signal, listener);
    return;
  }
  // Somebody who came later has taken it in turn, and ends later: what was taken first goes to them.
  for (const list of shadowedLists(active)) {
    const position = list.indexOf(listener);
    if (position >= 0) list.splice(position, 1, ...listener[shadowedBy]);
  }
}

function* shadowedLists(listeners: readonly Listener[]): Generator<Listener[]> {
  for (const listener of listeners) {
    const list = (listener as Partial<ShadowingListener>)[shadowedBy];
    if (list === undefined) continue;
    yield list;
    yield* shadowedLists(list);
  }
}
