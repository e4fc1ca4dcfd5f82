import type { Flavour } from './flavour.ts';
import { PurePath } from './pure-path.ts';
import { windows } from './windows-flavour.ts';

/**
 * The lexical half of a Windows path, on any system.
 *
 * @example
 * new PureWindowsPath('C:\\Users\\ada\\notes.txt').stem; // 'notes'
 */
export class PureWindowsPath extends PurePath {
  /** @internal */
  protected override get flavour(): Flavour {
    return windows;
  }
}
