import type { FSWatcher } from 'node:fs';
import { basename } from 'node:path';
import { pathDependencies } from './path-dependencies.ts';
import { isSameName } from './same-name.ts';
import { watchIfAllowed } from './watched.ts';

/** Watches the links on the way to a directory. Replacing any of them puts another directory in its place. */
export function watchLinks(path: string, onReplaced: () => void): FSWatcher[] {
  const watchers: FSWatcher[] = [];
  // The last name is that of the directory, which has its own watcher.
  for (const { directory, name } of pathDependencies(path).slice(0, -1)) {
    const watcher = watchIfAllowed(directory, (changed, renamed) => {
      const itself = changed === undefined || (renamed && isSameName(changed, basename(directory)));
      if (itself || isSameName(changed, name)) onReplaced();
    });
    if (watcher !== undefined) watchers.push(watcher);
  }
  return watchers;
}
