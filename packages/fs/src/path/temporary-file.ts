import { unlink } from 'node:fs';
import { ExceptionGroup, shielded } from '@tercet/core';
import { inspectAs } from '@tercet/core/lowlevel';
import type { BinaryFile } from '../files/binary-file.ts';
import { openFile } from '../files/open-file.ts';
import type { OpenFileOptions } from '../files/open-file.ts';
import type { TextFile } from '../files/text-file.ts';
import { Path } from './path.ts';
import { childText } from '../lexical/child-text.ts';
import { nativePath } from '../lexical/path-bytes.ts';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import { explainAbout, isSystemError } from '../pool/fs-error.ts';
import { finishInPool } from '../pool/finish-in-pool.ts';
import { TemporaryDirectory, makeTemporaryDirectory, temporaryPlace } from '../temporary/temporary-directory.ts';
import type { TemporaryOptions } from '../temporary/temporary-directory.ts';

/**
 * The options of {@link openTemporaryFile}.
 *
 * @example
 * const options: TemporaryFileOptions = { prefix: 'upload-', suffix: '.png', buffering: 0 };
 * await using upload = await openTemporaryFile('w+b', options);
 * await upload.file.write(new Uint8Array([0x89, 0x50, 0x4e, 0x47]));
 */
export interface TemporaryFileOptions extends TemporaryOptions, OpenFileOptions {}

let make: <F extends TextFile | BinaryFile>(path: Path, file: F) => TemporaryFile<F>;

/**
 * A new open file that is closed and removed at the end of the block that holds it.
 *
 * @example
 * await using temporary = await openTemporaryFile('w+', { suffix: '.csv' });
 * await temporary.file.write('name,age\n');
 * await temporary.file.flush();
 * await temporary.path.readText(); // 'name,age\n', for another program that takes a path
 * // closed and removed at the end of the block
 */
export class TemporaryFile<F extends TextFile | BinaryFile> implements AsyncDisposable {
  static {
    make = (path, file) => new TemporaryFile(path, file);
    inspectAs(this, (temporary) => `TemporaryFile ${temporary.path.toString()}`);
  }

  readonly path: Path;
  /** Open for reading and writing. */
  readonly file: F;

  private constructor(path: Path, file: F) {
    this.path = path;
    this.file = file;
  }

  /**
   * Closes and removes the file, which may have been moved or removed already.
   *
   * A checkpoint. In a cancelled scope it removes the file, and then throws `Cancelled`.
   *
   * @throws {FsError} when it cannot be written or removed. @throws {ExceptionGroup} of both errors.
   */
  async close(): Promise<void> {
    await this[Symbol.asyncDispose]();
    await checkpointHere('close()');
  }

  /** Closes and removes the file at the end of an `await using` block. Unlike `close`, it does not throw `Cancelled`. */
  async [Symbol.asyncDispose](): Promise<void> {
    const [closing] = await Promise.allSettled([this.file[Symbol.asyncDispose]()]);
    const path = this.path.toString();
    const [removing] = await Promise.allSettled([
      finishInPool<void>(`remove ${path}`, (done) => {
        unlink(nativePath(path), (error) => done(isSystemError(error, 'ENOENT') ? null : error));
      }),
    ]);
    const errors = [closing, removing].flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    if (errors.length > 1) throw new ExceptionGroup(`closing and removing ${path} failed`, errors);
    for (const error of errors) throw error;
  }
}

/**
 * Opens a new file that only its owner may read. It is removed at the end of the `await using` block.
 *
 * @param mode `w+` for text, the default, or `w+b` for bytes.
 * @throws {FsError} when it cannot be created. @throws {Cancelled} when the scope is cancelled; nothing has been created then.
 * @example
 * await using temporary = await openTemporaryFile();
 * await temporary.file.write('for a while');
 */
export function openTemporaryFile(mode?: 'w+', options?: TemporaryFileOptions): Promise<TemporaryFile<TextFile>>;
export function openTemporaryFile(mode: 'w+b', options?: TemporaryFileOptions): Promise<TemporaryFile<BinaryFile>>;
export async function openTemporaryFile(
  mode: 'w+' | 'w+b' = 'w+',
  options: TemporaryFileOptions = {},
): Promise<TemporaryFile<TextFile | BinaryFile>> {
  if (mode !== 'w+' && mode !== 'w+b') {
    throw new RangeError(`openTemporaryFile(): the mode must be w+ or w+b, not ${JSON.stringify(mode)}`);
  }
  await checkpointHere('openTemporaryFile()');
  const { directory, name } = temporaryPlace('openTemporaryFile()', options);
  for (;;) {
    const path = childText(directory, name());
    try {
      // Shielded, so that a file that was created is always returned, and so removed.
      const file = await shielded(() =>
        openFile(path, mode.replace('w', 'x'), { ...options, permissions: options.permissions ?? 0o600 }),
      );
      return make(new Path(path), file);
    } catch (error) {
      if (!isSystemError(error, 'EEXIST'))
        throw explainAbout(error, `make a temporary file in ${directory}`, directory);
    }
  }
}

/**
 * Creates a new directory that only its owner may enter. It is removed, with everything in it, at the end of the `await using`
 * block.
 *
 * @throws {FsError} when it cannot be created. @throws {Cancelled} when the scope is cancelled before that.
 * @example
 * await using directory = await openTemporaryDirectory({ prefix: 'build-' });
 * await directory.path.join('a.txt').writeText('for a while');
 */
export function openTemporaryDirectory(options?: TemporaryOptions): Promise<TemporaryDirectory<Path>> {
  return makeTemporaryDirectory((text) => new Path(text), options);
}
