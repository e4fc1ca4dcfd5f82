import * as fs from 'node:fs';
import type { BigIntStats, Dirent, PathLike } from 'node:fs';
import { step } from './steps.ts';
import type { Steps } from './steps.ts';

// The functions of node:fs that algorithms in several steps need, each as a step.

export const lstat = (path: PathLike): Steps<BigIntStats> =>
  step(
    () => fs.lstatSync(path, { bigint: true }),
    (done) => fs.lstat(path, { bigint: true }, done),
  );

export const stat = (path: PathLike): Steps<BigIntStats> =>
  step(
    () => fs.statSync(path, { bigint: true }),
    (done) => fs.stat(path, { bigint: true }, done),
  );

export const fstat = (fd: number): Steps<BigIntStats> =>
  step(
    () => fs.fstatSync(fd, { bigint: true }),
    (done) => fs.fstat(fd, { bigint: true }, done),
  );

export const open = (path: PathLike, flags: number, mode?: number): Steps<number> =>
  step(
    () => fs.openSync(path, flags, mode),
    (done) => fs.open(path, flags, mode, done),
  );

export const close = (fd: number): Steps<void> =>
  step(
    () => fs.closeSync(fd),
    (done) => fs.close(fd, done),
  );

export const read = (fd: number, buffer: Uint8Array): Steps<number> =>
  step(
    () => fs.readSync(fd, buffer, 0, buffer.byteLength, null),
    (done) => fs.read(fd, buffer, 0, buffer.byteLength, null, done),
  );

/** Reads from a position in the file, and does not move the position of the descriptor. */
export const readAt = (fd: number, buffer: Uint8Array, position: number): Steps<number> =>
  step(
    () => fs.readSync(fd, buffer, 0, buffer.byteLength, position),
    (done) => fs.read(fd, buffer, 0, buffer.byteLength, position, done),
  );

export const write = (fd: number, data: Uint8Array): Steps<number> =>
  step(
    () => fs.writeSync(fd, data, 0, data.byteLength, null),
    (done) => fs.write(fd, data, 0, data.byteLength, null, done),
  );

export const readdir = (path: PathLike): Steps<Buffer[]> =>
  step(
    () => fs.readdirSync(path, 'buffer'),
    (done) => fs.readdir(path, 'buffer', done),
  );

/** The names are bytes, although their type is `string`. */
export const entries = (path: PathLike): Steps<Dirent[]> =>
  step<Dirent[]>(
    () => fs.readdirSync(path, { withFileTypes: true, encoding: 'buffer' as 'utf8' }),
    (done) => fs.readdir(path, { withFileTypes: true, encoding: 'buffer' as 'utf8' }, done),
  );

export const readlink = (path: PathLike): Steps<Buffer> =>
  step(
    () => fs.readlinkSync(path, 'buffer'),
    (done) => fs.readlink(path, 'buffer', done),
  );

export const realpath = (path: PathLike): Steps<Buffer> =>
  step(
    () => fs.realpathSync.native(path, 'buffer'),
    (done) => fs.realpath.native(path, 'buffer', done),
  );

/** @param type matters on Windows only. */
export const symlink = (target: PathLike, path: PathLike, type?: fs.symlink.Type): Steps<void> =>
  step(
    () => fs.symlinkSync(target, path, type),
    (done) => fs.symlink(target, path, type, done),
  );

export const mkdir = (path: PathLike, mode: number): Steps<void> =>
  step(
    () => fs.mkdirSync(path, mode),
    (done) => fs.mkdir(path, mode, (error) => done(error)),
  );

export const chmod = (path: PathLike, mode: number): Steps<void> =>
  step(
    () => fs.chmodSync(path, mode),
    (done) => fs.chmod(path, mode, done),
  );

export const fchmod = (fd: number, mode: number): Steps<void> =>
  step(
    () => fs.fchmodSync(fd, mode),
    (done) => fs.fchmod(fd, mode, done),
  );

export const fchown = (fd: number, uid: number, gid: number): Steps<void> =>
  step(
    () => fs.fchownSync(fd, uid, gid),
    (done) => fs.fchown(fd, uid, gid, done),
  );

export const copyFile = (from: PathLike, to: PathLike, flags: number): Steps<void> =>
  step(
    () => fs.copyFileSync(from, to, flags),
    (done) => fs.copyFile(from, to, flags, done),
  );

export const unlink = (path: PathLike): Steps<void> =>
  step(
    () => fs.unlinkSync(path),
    (done) => fs.unlink(path, done),
  );

/** Removes several files at a time, which is many times faster than one by one. @returns for each its error, or null. */
export const unlinkAll = (paths: readonly PathLike[]): Steps<(Error | null)[]> =>
  step(
    () => paths.map(unlinkOne),
    (done) => {
      const errors: (Error | null)[] = [];
      let left = paths.length;
      for (const [i, path] of paths.entries()) {
        fs.unlink(path, (error) => {
          errors[i] = error;
          if (--left === 0) done(null, errors);
        });
      }
    },
  );

function unlinkOne(path: PathLike): Error | null {
  try {
    fs.unlinkSync(path);
    return null;
  } catch (error) {
    return error as Error;
  }
}

export const rmdir = (path: PathLike): Steps<void> =>
  step(
    () => fs.rmdirSync(path),
    (done) => fs.rmdir(path, done),
  );

export const rm = (path: PathLike): Steps<void> =>
  step(
    () => fs.rmSync(path, { recursive: true, maxRetries: 3 }),
    (done) => fs.rm(path, { recursive: true, maxRetries: 3 }, done),
  );
