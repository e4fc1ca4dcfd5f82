import { chmod, chown, close, constants, lchown, link, lutimes, mkdirSync, open } from 'node:fs';
import { readlink, rename, rmdir, symlink, truncate, unlink, unlinkSync, utimes } from 'node:fs';
import type { CreateFileOptions } from '../files/write-whole.ts';
import { performSync } from '../steps/steps.ts';
import { isSystemError } from '../pool/fs-error.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { absoluteText } from '../operations/absolute-text.ts';
import { copyPath } from '../operations/copy-path.ts';
import { InspectablePath } from './inspectable-path.ts';
import { makeDirectory } from '../operations/make-directory.ts';
import type { MkdirOptions } from '../operations/make-directory.ts';
import { inSteps, operate, operateSync } from '../operations/operate.ts';
import { decodePath, nativePath } from '../lexical/path-bytes.ts';
import type { PathLike } from '../lexical/pure-path.ts';
import { removePath } from '../operations/remove-path.ts';
import type { RemovePathOptions, UnlinkOptions } from '../operations/remove-path.ts';

/** What can be done to what is there, as a whole: making, removing, moving, linking. Each is a checkpoint before it starts. */
export abstract class ChangeablePath extends InspectablePath {
  /** Makes a directory. @throws {FsError} when it exists, unless that is all right, or its parent does not. */
  mkdir(options: MkdirOptions = {}): Promise<void> {
    const parent = nativePath(this.parent.toString());
    return operate<void>(
      'make the directory',
      this.toString(),
      (path, done) => makeDirectory(path, parent, options, done),
      options,
    );
  }

  /** Makes a directory at once, blocking, with those above it; it may exist. */
  mkdirSync(): void {
    operateSync('make the directory', this.toString(), (path) => mkdirSync(path, { recursive: true }));
  }

  /** Removes an empty directory. @throws {FsError} when it is not a directory, or not empty. */
  rmdir(options?: ThreadPoolOptions): Promise<void> {
    return operate<void>('remove the directory', this.toString(), (path, done) => rmdir(path, done), options);
  }

  /** Removes a file or a link. @throws {FsError} when there is none, unless that is all right. */
  unlink(options?: UnlinkOptions): Promise<void> {
    return operate<void>(
      'remove',
      this.toString(),
      (path, done) => {
        unlink(path, (error) => done(options?.missingOk === true && isSystemError(error, 'ENOENT') ? null : error));
      },
      options,
    );
  }

  /** Removes a file or a link at once, blocking. */
  unlinkSync(): void {
    operateSync('remove', this.toString(), (path) => unlinkSync(path));
  }

  /**
   * Removes whatever it is: a file, a link, a directory if it is empty, or, if `recursive`, with all that is in it.
   *
   * On Linux the removal stays inside of the tree, even while another process replaces folders in it by links, as long as
   * `/proc` is mounted; the path to the tree itself is followed as it is. On other systems it is Node's `rm`, which can be
   * led outside: do not remove there what others may change.
   *
   * Cancelled in the middle of a tree, it stops; what has been removed by then is gone.
   *
   * @throws {FsError} for the first thing that cannot be removed; its `path` says which.
   */
  remove(options: RemovePathOptions = {}): Promise<void> {
    const path = this.toString();
    return inSteps<void>(`remove ${path}`, removePath(path, options), options);
  }

  /** Removes a file or a whole tree at once, blocking, as safely as `remove` does; it need not exist. */
  removeSync(): void {
    const path = this.toString();
    operateSync('remove', path, () => performSync(removePath(path, { recursive: true, missingOk: true })));
  }

  /** Moves it; a file at the target is replaced, in one step. @returns the new path. @throws {FsError} across file systems. */
  async rename(target: PathLike, options?: ThreadPoolOptions): Promise<this> {
    const to = this.another(target);
    const verb = `rename to ${to.toString()}`;
    await operate<void>(verb, this.toString(), (path, done) => rename(path, nativePath(to.toString()), done), options);
    return to;
  }

  /** The same as `rename`, which replaces on every system that Node runs on. */
  replace(target: PathLike, options?: ThreadPoolOptions): Promise<this> {
    return this.rename(target, options);
  }

  /**
   * Copies a file, or a whole directory, to the target itself, not into it. The system shares the blocks where it can.
   *
   * A link is followed, at both ends; links in a directory are copied as they are, so relative ones lead to the copy. A
   * device is read from, or written to. A directory that exists is added to. Cancelled in the middle of a directory it
   * stops, and leaves what it has copied by then.
   *
   * @param options `overwrite`: whether files that exist there are replaced; by default they are.
   * @returns the new path.
   * @throws {FsError} for the first thing that cannot be copied: with the code `ENOTSUP` for FIFOs and sockets, and for
   * devices in a directory, with `EINVAL` when the target lies in the directory itself.
   * @example
   * await new Path('site').copy('site.backup');
   */
  async copy(target: PathLike, options?: ThreadPoolOptions & { readonly overwrite?: boolean }): Promise<this> {
    const to = this.another(target);
    const [from, onto] = [this.toString(), to.toString()];
    const steps = copyPath(absoluteText(from), absoluteText(onto), options?.overwrite ?? true);
    await inSteps<void>(`copy ${from} to ${onto}`, steps, options);
    return to;
  }

  /** Makes an empty file, or, if it exists, sets its times to now. @throws {FsError} when it exists, unless that is all right. */
  touch(options: CreateFileOptions & { readonly existOk?: boolean } = {}): Promise<void> {
    const { existOk = true, mode = 0o666 } = options;
    const flags = constants.O_CREAT | constants.O_WRONLY | (existOk ? 0 : constants.O_EXCL);
    return operate<void>(
      'touch',
      this.toString(),
      (path, done) => {
        const create = (): void => open(path, flags, mode, (error, fd) => (error ? done(error) : close(fd, done)));
        if (!existOk) return create();
        const now = new Date();
        utimes(path, now, now, (error) => (isSystemError(error, 'ENOENT') ? create() : done(error)));
      },
      options,
    );
  }

  /** Sets its permissions: `0o644`. */
  chmod(mode: number, options?: ThreadPoolOptions): Promise<void> {
    return operate<void>('change the mode of', this.toString(), (path, done) => chmod(path, mode, done), options);
  }

  /** Sets its owner and group, by number; a link is followed unless `followSymlinks` is false. */
  chown(uid: number, gid: number, options?: ThreadPoolOptions & { readonly followSymlinks?: boolean }): Promise<void> {
    const change = options?.followSymlinks === false ? lchown : chown;
    return operate<void>('change the owner of', this.toString(), (path, done) => change(path, uid, gid, done), options);
  }

  /** Sets its times, as `Date` or in seconds since 1970; a link is followed unless `followSymlinks` is false. */
  utimes(
    accessed: Date | number,
    modified: Date | number,
    options?: ThreadPoolOptions & { readonly followSymlinks?: boolean },
  ): Promise<void> {
    const change = options?.followSymlinks === false ? lutimes : utimes;
    return operate<void>(
      'change the times of',
      this.toString(),
      (path, done) => change(path, accessed, modified, done),
      options,
    );
  }

  /** Cuts it to a length in bytes, or fills it up with zeros to there. */
  truncate(size = 0, options?: ThreadPoolOptions): Promise<void> {
    return operate<void>('truncate', this.toString(), (path, done) => truncate(path, size, done), options);
  }

  /** Makes it a symbolic link to `target`, which is kept as it is, relative to the link. */
  symlinkTo(target: PathLike, options?: ThreadPoolOptions): Promise<void> {
    const to = nativePath(this.another(target).toString());
    return operate<void>('make the link', this.toString(), (path, done) => symlink(to, path, done), options);
  }

  /** Makes it another name of the file `target`. */
  hardlinkTo(target: PathLike, options?: ThreadPoolOptions): Promise<void> {
    const to = nativePath(this.another(target).toString());
    return operate<void>('make the link', this.toString(), (path, done) => link(to, path, done), options);
  }

  /** Where a symbolic link leads. @throws {FsError} when it is not a link. */
  async readlink(options?: ThreadPoolOptions): Promise<this> {
    const target = await operate<Buffer>(
      'read the link',
      this.toString(),
      (path, done) => readlink(path, 'buffer', done),
      options,
    );
    return this.another(decodePath(target));
  }
}
