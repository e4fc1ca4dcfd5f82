import { access, constants, lstat, lstatSync, stat, statSync, statfs } from 'node:fs';
import type { Stats, StatsFs } from 'node:fs';
import { inPool } from '../pool/in-pool.ts';
import type { Done } from '../pool/in-pool.ts';
import { isSystemError } from '../pool/fs-error.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import type { Flavour } from '../lexical/flavour.ts';
import { native } from '../lexical/native-flavour.ts';
import { isAbsent, operate, operateSync } from '../operations/operate.ts';
import type { Operation } from '../operations/operate.ts';
import { nativePath } from '../lexical/path-bytes.ts';
import { PurePath } from '../lexical/pure-path.ts';
import type { PathLike } from '../lexical/pure-path.ts';

type Follow = typeof stat | typeof lstat;

/**
 * The methods of a path that look at the disk. Each asynchronous one is a checkpoint before it starts.
 *
 * @example
 * await using folder = await Path.temporary();
 * const notes = folder.path.join('notes.txt');
 * await notes.exists(); // false
 * await notes.writeText('milk');
 * const { size, mtime } = await notes.stat(); // 4, now
 * await notes.isFile(); // true
 */
export abstract class InspectablePath extends PurePath {
  /** @internal */
  protected override get flavour(): Flavour {
    return native;
  }

  /**
   * Size, times, type and permissions of the file. Links are followed.
   *
   * A checkpoint before it starts, and never abandoned once started. The same holds for all asynchronous methods.
   *
   * @throws {FsError} when it does not exist or cannot be reached.
   * @throws {Cancelled} when the surrounding scope is cancelled. @throws {StateError} outside of a run.
   */
  stat(options?: ThreadPoolOptions): Promise<Stats> {
    return operate<Stats>('stat', this.toString(), stat as Operation<Stats>, options);
  }

  /** The same as `stat`, but for a link itself. */
  lstat(options?: ThreadPoolOptions): Promise<Stats> {
    return operate<Stats>('stat', this.toString(), lstat as Operation<Stats>, options);
  }

  /** `stat`, blocking the process. Many times faster for local files. @throws {FsError} as `stat` does. */
  statSync(): Stats {
    return operateSync('stat', this.toString(), (path) => statSync(path));
  }

  /** `lstat`, blocking the process. */
  lstatSync(): Stats {
    return operateSync('stat', this.toString(), (path) => lstatSync(path));
  }

  /** Whether the path exists. False for a dangling link. @throws {FsError} when that cannot be found out. */
  exists(options?: ThreadPoolOptions): Promise<boolean> {
    return this.#is(stat, () => true, options);
  }

  /** `exists`, blocking the process. */
  existsSync(): boolean {
    return this.#isSync(() => true);
  }

  /** Whether it is a regular file or a link to one. False if it does not exist. */
  isFile(options?: ThreadPoolOptions): Promise<boolean> {
    return this.#is(stat, (stats) => stats.isFile(), options);
  }

  /** `isFile`, blocking the process. */
  isFileSync(): boolean {
    return this.#isSync((stats) => stats.isFile());
  }

  /** Whether it is a directory or a link to one. False if it does not exist. */
  isDir(options?: ThreadPoolOptions): Promise<boolean> {
    return this.#is(stat, (stats) => stats.isDirectory(), options);
  }

  /** `isDir`, blocking the process. */
  isDirSync(): boolean {
    return this.#isSync((stats) => stats.isDirectory());
  }

  /** Whether it is a symbolic link, dangling or not. */
  isSymlink(options?: ThreadPoolOptions): Promise<boolean> {
    return this.#is(lstat, (stats) => stats.isSymbolicLink(), options);
  }

  isSocket(options?: ThreadPoolOptions): Promise<boolean> {
    return this.#is(stat, (stats) => stats.isSocket(), options);
  }

  isFifo(options?: ThreadPoolOptions): Promise<boolean> {
    return this.#is(stat, (stats) => stats.isFIFO(), options);
  }

  isBlockDevice(options?: ThreadPoolOptions): Promise<boolean> {
    return this.#is(stat, (stats) => stats.isBlockDevice(), options);
  }

  isCharDevice(options?: ThreadPoolOptions): Promise<boolean> {
    return this.#is(stat, (stats) => stats.isCharacterDevice(), options);
  }

  /** Whether it is a mount point: the root of a file system. */
  async isMount(options?: ThreadPoolOptions): Promise<boolean> {
    try {
      const own = await this.lstat(options);
      if (!own.isDirectory()) return false;
      const above = await this.join('..').lstat(options);
      return own.dev !== above.dev || own.ino === above.ino;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  /** Whether this process may read (`r`), write (`w`) and execute or enter (`x`) it; for any combination of the letters. */
  async canAccess(
    permissions: 'r' | 'w' | 'x' | 'rw' | 'rx' | 'wx' | 'rwx',
    options?: ThreadPoolOptions,
  ): Promise<boolean> {
    let mode = 0;
    if (permissions.includes('r')) mode |= constants.R_OK;
    if (permissions.includes('w')) mode |= constants.W_OK;
    if (permissions.includes('x')) mode |= constants.X_OK;
    try {
      await operate<void>('access', this.toString(), (path, done) => access(path, mode, done), options);
      return true;
    } catch (error) {
      if (isAbsent(error) || isSystemError(error, 'EACCES', 'EPERM', 'EROFS')) return false;
      throw error;
    }
  }

  /** Whether both paths lead to the same file. @throws {FsError} when one of them does not exist. */
  samefile(other: PathLike, options?: ThreadPoolOptions): Promise<boolean> {
    const own = this.toString();
    const their = this.another(other).toString();
    return inPool<boolean>(
      `compare ${own} with ${their}`,
      (done: Done<boolean>) => {
        stat(nativePath(own), { bigint: true }, (error, one) => {
          if (error) return done(error);
          stat(nativePath(their), { bigint: true }, (failed, two) => {
            done(failed, failed === null && one.ino === two.ino && one.dev === two.dev);
          });
        });
      },
      options,
    );
  }

  /** Size and free space of the file system that contains the path. */
  statfs(options?: ThreadPoolOptions): Promise<StatsFs> {
    return operate<StatsFs>('stat the file system of', this.toString(), (path, done) => statfs(path, done), options);
  }

  #is(follow: Follow, has: (stats: Stats) => boolean, options: ThreadPoolOptions | undefined): Promise<boolean> {
    const path = this.toString();
    return operate<boolean>(
      'stat',
      path,
      (target, done) => {
        (follow as typeof stat)(target, (error, stats) => {
          if (error === null) done(null, has(stats));
          else if (isAbsent(error)) done(null, false);
          else done(error);
        });
      },
      options,
    );
  }

  #isSync(has: (stats: Stats) => boolean): boolean {
    return operateSync('stat', this.toString(), (path) => {
      try {
        const stats = statSync(path, { throwIfNoEntry: false });
        return stats !== undefined && has(stats);
      } catch (error) {
        if (isAbsent(error)) return false;
        throw error;
      }
    });
  }
}
