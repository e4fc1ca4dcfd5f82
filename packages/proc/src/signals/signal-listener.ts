import { runOutside } from '@tercet/core/lowlevel';

type Listener = NodeJS.SignalsListener;

const shadowedBy = Symbol.for('@tercet/proc/shadowed signal listeners');

/** A listener that replaces the ones that were there before it. */
interface ShadowingListener extends Listener {
  /** The listeners it has replaced, in their order. They get the signal back when this one is removed. */
  [shadowedBy]: Listener[];
}

/**
 * Removes all listeners that a signal has now and installs `onSignal` in their place. The returned function puts them back;
 * if there were none, the system's default action applies again. Listeners that are added later are not affected.
 *
 * The signal has a listener at every moment in between: without one, it would end the process.
 */
export function takeSignal(signal: NodeJS.Signals, onSignal: (signal: NodeJS.Signals) => void): () => void {
  const listener = Object.assign((received: NodeJS.Signals) => onSignal(received), {
    [shadowedBy]: process.rawListeners(signal) as Listener[],
  });
  // All listeners of a signal run in the async context of the first one, and would keep that context alive.
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
  // A later call has replaced this listener, and is still active: it inherits the listeners that this one has replaced.
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
