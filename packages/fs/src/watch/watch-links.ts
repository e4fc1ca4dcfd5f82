import type { FSWatcher } from 'node:fs';
import { basename } from 'node:path';
import { pathDependencies } from './path-dependencies.ts';
import { watchIfAllowed } from './watched.ts';

/** Watches the links on the way to a directory: whoever replaces one of them puts another directory in the place of this one. */
export function watchLinks(path: string, onReplaced: () => void): FSWatcher[] {
  const watchers: FSWatcher[] = [];
  // The last name is that of the directory itself, which its own watcher is told of.
  for (const { directory, name } of pathDependencies(path).slice(0, -1)) {
    const watcher = watchIfAllowed(directory, (changed, renamed) => {
      const itself = changed === undefined || (renamed && changed === basename(directory));
      if (itself || changed === name) onReplaced();
    });
    if (watcher !== undefined) watchers.push(watcher);
  }
  return watchers;
}
