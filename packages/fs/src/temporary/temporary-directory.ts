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
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { perform } from '../steps/steps.ts';
import { randomName } from '../operations/random-name.ts';

/** Where a temporary file or directory is made, and what it is called. */
export interface TemporaryOptions extends ThreadPoolOptions {
  /** By default the system's directory for temporary files. */
  readonly dir?: PathLike;
  /** What its name begins with, by default `tmp-`. */
  readonly prefix?: string;
  /** What its name ends with. */
  readonly suffix?: string;
}

let make: <P extends { toString(): string }>(path: P) => TemporaryDirectory<P>;

/** A directory that is removed, with everything in it, at the end of the block that holds it. */
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
   * Removes it; what has gone already is all right.
   *
   * A checkpoint. In a cancelled scope it is removed all the same, and `Cancelled` thrown then.
   *
   * @throws {FsError} when something could not be removed.
   */
  async close(): Promise<void> {
    await this[Symbol.asyncDispose]();
    await checkpointHere('close()');
  }

  /** `close`, which leaves `Cancelled` to the next checkpoint. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const path = this.path.toString();
    await finishInPool<void>(`remove ${path}`, (done) =>
      // It is ours, and so is what has been made in it: whatever permissions that has been given, it goes.
      perform(removeTree(path, { unlock: true }), (error) => done(isSystemError(error, 'ENOENT') ? null : error)),
    );
  }
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

/** Where something temporary is made, and what makes names for it that nobody else has chosen. */
export interface TemporaryPlace {
  /** Seen from the root: what is made is removed at the end, wherever the program stands by then. */
  readonly directory: string;
  readonly name: () => string;
}

/** @throws {TypeError} @throws {RangeError} when prefix or suffix would lead out of the directory. */
export function temporaryPlace(operation: string, options: TemporaryOptions): TemporaryPlace {
  const { dir, prefix = 'tmp-', suffix = '' } = options;
  requirePartOfName(operation, 'prefix', prefix);
  requirePartOfName(operation, 'suffix', suffix);
  const directory = absoluteText(dir === undefined ? tmpdir() : pathText(dir));
  return { directory, name: () => randomName(prefix, suffix) };
}

function requirePartOfName(operation: string, option: string, value: string): void {
  if (typeof value !== 'string') throw new TypeError(`${operation}: the ${option} is text, not ${typeof value}`);
  if (/[/\0]/.test(value) || (process.platform === 'win32' && /[\\:]/.test(value))) {
    throw new RangeError(
      `${operation}: the ${option} is part of a name, without separators, not ${JSON.stringify(value)}; choose the directory by dir`,
    );
  }
}
