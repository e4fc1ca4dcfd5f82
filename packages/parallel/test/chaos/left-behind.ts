import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
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

/** The targets of this process's open descriptors: paths of files, and names such as `pipe:[1234]`. */
function openDescriptors(): string[] {
  return list('fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`${PROC}/fd/${descriptor}`)];
    } catch {
      return []; // the one that the list itself was read from
    }
  });
}

/** A module: on Node 20 the one that a thread was just loading when it was killed stays open, which no program can change. */
const MODULE = /\.m?js$/;

/** Remembers what is there. @returns a function that tells what has been added since, and has not gone after some turns. */
export function watchWhatIsLeft(): () => Promise<{ descriptors: string[]; threads: number }> {
  const known = openDescriptors();
  const threads = list('task').length;
  const look = (): { descriptors: string[]; threads: number } => ({
    descriptors: added(openDescriptors(), known).filter((target) => !MODULE.test(target)),
    threads: Math.max(0, list('task').length - threads),
  });
  return async () => {
    let left = look();
    // Node closes the standard streams of threads a moment after their end.
    for (let turn = 0; turn < 2000 && (left.descriptors.length > 0 || left.threads > 0); turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      left = look();
    }
    return left;
  };
}

/** The names that there are more of than before: several descriptors have the same one. */
function added(names: readonly string[], before: readonly string[]): string[] {
  const known = [...before];
  return names.filter((name) => {
    const index = known.indexOf(name);
    if (index >= 0) known.splice(index, 1);
    return index < 0;
  });
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
