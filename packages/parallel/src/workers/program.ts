// webpack takes `new URL(…, import.meta.url)` for the name of a file that it must find while it builds.
const here = import.meta.url;

/** The program of a worker: as it has been built, also where this runs from its sources, which not every Node can load. */
export const program: URL = new URL(workerProgram(), here);

function workerProgram(): string {
  if (here.endsWith('.ts')) return '../../dist/worker.js';
  // Each module may have been compiled for itself; otherwise this has become a part of an entry.
  return here.endsWith('/workers/program.js') ? '../worker.js' : './worker.js';
}
