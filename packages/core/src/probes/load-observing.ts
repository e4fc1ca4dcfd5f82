import type { Observing } from '../observing/observing.ts';

let loaded: Observing | undefined;

/**
 * Loads the code that watches a run and that explains what is wrong with it. Few programs need it, so a bundle keeps it in a
 * part of its own, and a program reads it when it is asked for (decision 14).
 */
export async function loadObserving(): Promise<Observing> {
  // Kept, because to import a module that is loaded already takes as long as a short run.
  loaded ??= (await import('../observing/observing.ts')).observing;
  return loaded;
}

/**
 * Calls `use` with that code when it has been loaded. A warning is lost where it cannot be, for instance because the process
 * has no descriptor left; that must not end the process.
 */
export function withObserving(use: (observing: Observing) => void): void {
  void loadObserving().then(use, () => undefined);
}
