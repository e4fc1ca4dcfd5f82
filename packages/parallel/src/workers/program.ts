/** The program of a worker: as it has been built, also where this runs from its sources, which not every Node can load. */
export const program: URL = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/worker.js' : './worker.js',
  import.meta.url,
);
