import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Only Linux says such things in files: elsewhere the answers are always the same.
const PROC = '/proc/self';

function list(folder: string): string[] {
  return existsSync(PROC) ? readdirSync(`${PROC}/${folder}`) : [];
}

/** The processes that others have started in this one: esbuild, where the worker has just been built. */
const others = new Set(allChildren());

/** The processes that this one has started since this module was loaded, and that have not ended. */
export function childProcesses(): number[] {
  return allChildren().filter((pid) => !others.has(pid));
}

function allChildren(): number[] {
  return list('task').flatMap((thread) => pidsOf(`${PROC}/task/${thread}/children`));
}

// A thread may have ended since it was listed.
function pidsOf(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

export function openDescriptors(): number {
  return list('fd').length;
}

export function threads(): number {
  return list('task').length;
}

let collectGarbage: (() => void) | undefined;

/** Bytes of this thread's heap that are reachable. */
export async function heapInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  collectGarbage ??= runInNewContext('gc') as () => void;
  // Finalizers run between the turns of the event loop, and what they release goes with the next collection.
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}
