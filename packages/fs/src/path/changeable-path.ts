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
import { requireSize } from '../files/require-size.ts';

/**
 * The methods of a path that change the disk, except for the content of files. Each asynchronous one is a checkpoint before it
 * starts.
 */
export abstract class ChangeablePath extends InspectablePath {
  /** Creates a directory. @throws {FsError} when it exists or its parent does not, unless the options allow that. */
  mkdir(options: MkdirOptions = {}): Promise<void> {
    const parent = nativePath(this.parent.toString());
    return operate<void>(
      'make the directory',
      this.toString(),
      (path, done) => makeDirectory(path, parent, options, done),
      options,
    );
  }

  /** Creates a directory and its parents, blocking the process. The directory may exist already. */
  mkdirSync(): void {
    operateSync('make the directory', this.toString(), (path) => mkdirSync(path, { recursive: true }));
  }

  /** Removes an empty directory. @throws {FsError} when it is not a directory, or not empty. */
  rmdir(options?: ThreadPoolOptions): Promise<void> {
    return operate<void>('remove the directory', this.toString(), (path, done) => rmdir(path, done), options);
  }

  /** Removes a file or a link. @throws {FsError} when it does not exist, unless `missingOk`. */
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

  /** Removes a file or a link, blocking the process. */
  unlinkSync(): void {
    operateSync('remove', this.toString(), (path) => unlinkSync(path));
  }

  /**
   * Removes a file, a link or an empty directory; with `recursive`, a directory with everything in it.
   *
   * On Linux, if `/proc` is mounted, the removal stays inside the tree, even while another process replaces folders in it by
   * links. Links in the path to the tree itself are followed. On other systems it uses Node's `rm`, which such a process can
   * lead outside: do not remove directories there that others may change.
   *
   * If it is cancelled in the middle of a tree, it stops; what has been removed by then stays removed.
   *
   * @throws {FsError} for the first entry that cannot be removed; its `path` says which.
   */
  remove(options: RemovePathOptions = {}): Promise<void> {
    const path = this.toString();
    return inSteps<void>(`remove ${path}`, removePath(path, options), options);
  }

  /** Removes a file or a whole tree, blocking the process, as safely as `remove` does. It need not exist. */
  removeSync(): void {
    const path = this.toString();
    operateSync('remove', path, () => performSync(removePath(path, { recursive: true, missingOk: true })));
  }

  /**
   * Renames it. A file at the target is replaced in one step.
   *
   * @returns the new path. @throws {FsError} when it cannot be renamed, for instance to another file system.
   */
  async rename(target: PathLike, options?: ThreadPoolOptions): Promise<this> {
    const to = this.another(target);
    const verb = `rename to ${to.toString()}`;
    await operate<void>(verb, this.toString(), (path, done) => rename(path, nativePath(to.toString()), done), options);
    return to;
  }

  /** The same as `rename`: in Node, that replaces the target on every system. */
  replace(target: PathLike, options?: ThreadPoolOptions): Promise<this> {
    return this.rename(target, options);
  }

  /**
   * Copies a file, or a directory with everything in it. The target is the path of the copy, not a directory to put it into.
   * The copy shares its blocks with the original if the file system can do that.
   *
   * Links are followed at both ends. Links inside a directory are copied as links, so relative ones lead to the copy. A device
   * is read, or written to. If the target directory exists, the copy is merged into it. If it is cancelled in the middle of
   * a directory, it stops, and what it has copied stays.
   *
   * @param options `overwrite`: whether existing files are replaced. True by default.
   * @returns the new path.
   * @throws {FsError} for the first entry that cannot be copied. `code` is `ENOTSUP` for FIFOs, sockets, and devices inside a
   * directory, and `EINVAL` if the target is inside the directory.
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

  /** Creates an empty file or, if it exists, sets its times to now. @throws {FsError} when it exists and `existOk` is false. */
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

  /** Sets the permissions, such as `0o644`. */
  chmod(mode: number, options?: ThreadPoolOptions): Promise<void> {
    return operate<void>('change the mode of', this.toString(), (path, done) => chmod(path, mode, done), options);
  }

  /** Sets owner and group, by number. Links are followed unless `followSymlinks` is false. */
  chown(uid: number, gid: number, options?: ThreadPoolOptions & { readonly followSymlinks?: boolean }): Promise<void> {
    const change = options?.followSymlinks === false ? lchown : chown;
    return operate<void>('change the owner of', this.toString(), (path, done) => change(path, uid, gid, done), options);
  }

  /** Sets the times, as `Date` or in seconds since 1970. Links are followed unless `followSymlinks` is false. */
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

  /** Cuts the file to a size in bytes, or extends it with zeros. @throws {RangeError} when the size is negative or no integer. */
  async truncate(size = 0, options?: ThreadPoolOptions): Promise<void> {
    requireSize(size, 'truncate()');
    return operate<void>('truncate', this.toString(), (path, done) => truncate(path, size, done), options);
  }

  /** Creates a symbolic link at this path. `target` is stored unchanged; if relative, it is relative to the link. */
  symlinkTo(target: PathLike, options?: ThreadPoolOptions): Promise<void> {
    const to = nativePath(this.another(target).toString());
    return operate<void>('make the link', this.toString(), (path, done) => symlink(to, path, done), options);
  }

  /** Creates a hard link at this path: another name of the file `target`. */
  hardlinkTo(target: PathLike, options?: ThreadPoolOptions): Promise<void> {
    const to = nativePath(this.another(target).toString());
    return operate<void>('make the link', this.toString(), (path, done) => link(to, path, done), options);
  }

  /** The target of a symbolic link. @throws {FsError} when it is not a link. */
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
