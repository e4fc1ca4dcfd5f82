import type { Flavour } from './flavour.ts';
import { posix } from './posix-flavour.ts';
import { PurePath } from './pure-path.ts';

/**
 * The lexical half of a POSIX path, on any system.
 *
 * @example
 * new PurePosixPath('/etc/hosts').parent.toString(); // '/etc'
 */
export class PurePosixPath extends PurePath {
  /** @internal */
  protected override get flavour(): Flavour {
    return posix;
  }
}
