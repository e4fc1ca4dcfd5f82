/** Loads what is only needed to watch a run, or to tell why it stands still. `@tercet/core/lowlevel` contains it. */
export function loadObserving(): Promise<typeof import('./index.ts')> {
  return import('./index.ts');
}
