import { mkdir } from 'node:fs';
import { tmpdir } from 'node:os';
import { inspectAs } from '@tercet/core/lowlevel';
import { absoluteText } from '../operations/absolute-text.ts';
import { childText } from '../lexical/child-text.ts';
import { nativePath } from '../lexical/path-bytes.ts';
import { pathText } from '../lexical/path-text.ts';
import type { PathLike } from '../lexical/pure-path.ts';
import { removeTree } from '../operations/remove-tree.ts';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import { explainAbout, isSystemError } from '../pool/fs-error.ts';
import { finishInPool } from '../pool/finish-in-pool.ts';
import { inPool } from '../pool/in-pool.ts';
import type { Done } from '../pool/in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { perform } from '../steps/steps.ts';
import { randomName } from '../operations/random-name.ts';

/**
 * The place and the name of a temporary file or directory.
 *
 * @example
 * await using outer = await openTemporaryDirectory({ prefix: 'build-' });
 * await using inner = await openTemporaryDirectory({ dir: outer.path, suffix: '.stage' });
 * inner.path.isRelativeTo(outer.path); // true
 */
export interface TemporaryOptions extends ThreadPoolOptions {
  /** The directory to create it in; by default the system's directory for temporary files. */
  readonly dir?: PathLike;
  /** The beginning of its name; `tmp-` by default. */
  readonly prefix?: string;
  /** The end of its name; empty by default. */
  readonly suffix?: string;
}

/** The pauses before the removal is tried again, in milliseconds: 10, 20, 40, up to 640. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 640;

let make: <P extends { toString(): string }>(path: P) => TemporaryDirectory<P>;

/**
 * A directory that is removed, with everything in it, at the end of the block that holds it.
 *
 * @example
 * const workspace: TemporaryDirectory<Path> = await openTemporaryDirectory();
 * await workspace.path.join('notes.txt').writeText('milk');
 * await workspace.close(); // removes everything; `await using` does the same at the end of a block
 */
export class TemporaryDirectory<P extends { toString(): string }> implements AsyncDisposable {
  static {
    make = (path) => new TemporaryDirectory(path);
    inspectAs(this, (directory) => `TemporaryDirectory ${directory.path.toString()}`);
  }

  readonly path: P;
  #closed = false;

  private constructor(path: P) {
    this.path = path;
  }

  /**
   * Removes the directory with everything in it. It may have been removed already.
   *
   * A checkpoint. In a cancelled scope it removes the directory, and then throws `Cancelled`. While no descriptor is left, it
   * tries again for about a second.
   *
   * @throws {FsError} when something in it cannot be removed.
   */
  async close(): Promise<void> {
    await this[Symbol.asyncDispose]();
    await checkpointHere('close()');
  }

  /** Removes the directory at the end of an `await using` block. Unlike `close`, it does not throw `Cancelled`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const path = this.path.toString();
    await finishInPool<void>(`remove ${path}`, (done) =>
      // It belongs to this program, so entries with restrictive permissions are removed as well.
      removeWhenPossible(path, FIRST_PAUSE, (error) => done(isSystemError(error, 'ENOENT') ? null : error)),
    );
  }
}

/**
 * A removal opens folders. If no descriptor is left, it is tried again for a while, since nobody else will remove a temporary
 * directory. `fs.rm` with `maxRetries` does the same.
 */
function removeWhenPossible(path: string, pause: number, done: Done<void>): void {
  perform(removeTree(path, { unlock: true }), (error) => {
    if (pause > LONGEST_PAUSE || !isSystemError(error, 'EMFILE', 'ENFILE')) done(error);
    else setTimeout(removeWhenPossible, pause, path, pause * 2, done);
  });
}

/**
 * Makes a temporary directory. Once made it is returned, even if the scope has been cancelled meanwhile, so that none is left
 * behind.
 */
export async function makeTemporaryDirectory<P extends { toString(): string }>(
  toPath: (text: string) => P,
  options: TemporaryOptions = {},
): Promise<TemporaryDirectory<P>> {
  const { directory, name } = temporaryPlace('openTemporaryDirectory()', options);
  const attempted = `make a temporary directory in ${directory}`;
  for (;;) {
    const path = childText(directory, name());
    try {
      await inPool<void>(attempted, (done) => mkdir(nativePath(path), 0o700, (error) => done(error)), options);
      return make(toPath(path));
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw explainAbout(error, attempted, directory);
    }
  }
}

/** A directory for something temporary, and a source of names. */
export interface TemporaryPlace {
  /** Absolute, so that the entry can be removed even if the working directory has changed. */
  readonly directory: string;
  /** Returns a new random name. */
  readonly name: () => string;
}

/** @throws {TypeError} when an option has the wrong type. @throws {RangeError} when prefix or suffix has a separator. */
export function temporaryPlace(operation: string, options: TemporaryOptions): TemporaryPlace {
  const { dir, prefix = 'tmp-', suffix = '' } = options;
  requirePartOfName(operation, 'prefix', prefix);
  requirePartOfName(operation, 'suffix', suffix);
  const directory = absoluteText(dir === undefined ? tmpdir() : pathText(dir));
  return { directory, name: () => randomName(prefix, suffix) };
}

function requirePartOfName(operation: string, option: string, value: string): void {
  if (typeof value !== 'string')
    throw new TypeError(`${operation}: the ${option} must be a string, not ${typeof value}`);
  if (/[/\0]/.test(value) || (process.platform === 'win32' && /[\\:]/.test(value))) {
    throw new RangeError(
      `${operation}: the ${option} must not contain separators, but is ${JSON.stringify(value)}; use dir to choose the directory`,
    );
  }
}
