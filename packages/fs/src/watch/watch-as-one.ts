import { childText } from '../lexical/child-text.ts';
import { native } from '../lexical/native-flavour.ts';
import { watchDirectory } from './watched.ts';
import type { OnName, Watcher } from './watched.ts';

/** Makes the watcher of a directory in a tree. @throws the system's error when the directory cannot be watched. */
export type StartWatcher = (path: string, onName: OnName) => Watcher;

/** Whether the system can watch a tree as a whole, and prefers that. */
export const canWatchAsOne = (): boolean => process.platform === 'win32' || process.platform === 'darwin';

/**
 * Makes a single watcher for a whole tree: that of the top. Those of the directories below only get their share of its events.
 * On Windows a directory with a watcher keeps all directories above it from being renamed; on macOS each new watcher makes
 * the system start the others again, and events may be lost.
 */
export function watchAsOne(top: string): StartWatcher {
  const listeners = new Map<string, OnName>();
  const distribute: OnName = (path, renamed) => {
    const end = path === undefined ? -1 : path.lastIndexOf(native.separator);
    const directory = end === -1 ? top : childText(top, (path as string).slice(0, end));
    // A directory without a listener has not been listed yet, so nothing is missed.
    listeners.get(directory)?.(path?.slice(end + 1), renamed);
  };
  return (path, onName) => {
    const watcher = path === top ? watchDirectory(top, distribute, { recursive: true }) : undefined;
    listeners.set(path, onName);
    return {
      close() {
        watcher?.close();
        listeners.delete(path);
      },
    };
  };
}
