import { StateError } from '@tercet/core';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Where a Unix socket is: a path as a string, a file URL, or an object that stands for a path and whose `toString` gives it.
 *
 * @example
 * await using folder = await Path.temporary();
 * const path: UnixPath = folder.path.join('app.sock'); // or a string, or a file URL
 * await using listener = await openUnixListener(path);
 * await using client = await openUnixSocket(path);
 * await using server = await listener.accept();
 */
export type UnixPath = string | URL | { toString(): string };

// The kernel's limit, without the zero at the end. Node 20 cuts off longer paths.
const LONGEST = process.platform === 'linux' ? 107 : 103;

/**
 * The path as the operating system takes it.
 *
 * @throws {TypeError} when it is of another type. @throws {RangeError} when no socket can have it.
 * @throws {StateError} when the platform has no Unix sockets.
 */
export function requireUnixPath(path: UnixPath, operation: string): string {
  if (process.platform === 'win32') {
    throw new StateError(`${operation}: there are no Unix sockets on this platform; use TCP on 127.0.0.1`);
  }
  const text = textOf(path, operation);
  const length = Buffer.byteLength(text);
  if (length === 0) throw new RangeError(`${operation}: the path must not be empty`);
  if (length > LONGEST) {
    throw new RangeError(
      `${operation}: the path of a Unix socket has at most ${LONGEST} bytes, and this one has ${length}: ${text}`,
    );
  }
  if (text.includes('\0', 1)) throw new RangeError(`${operation}: the path contains a zero byte`);
  if (isAbstract(text) && process.platform !== 'linux') {
    throw new StateError(`${operation}: only Linux has abstract names; use a path`);
  }
  return text;
}

/** The path in full, which stays true when the process changes its folder; as it is when sockets cannot have one so long. */
export function inFull(path: string): string {
  const absolute = resolve(path);
  return Buffer.byteLength(absolute) > LONGEST ? path : absolute;
}

/** Whether it is a name that exists only as long as the socket does, and that has no file: it begins with a zero byte. */
export function isAbstract(path: string): boolean {
  return path.startsWith('\0');
}

function textOf(path: UnixPath, operation: string): string {
  if (typeof path === 'string') return path;
  if (path instanceof URL) return fileURLToPath(path);
  const showsItself =
    typeof path === 'object' &&
    path !== null &&
    !Array.isArray(path) &&
    typeof path.toString === 'function' &&
    // An object that inherits its toString is not a path. Recognized by its text, because it may come from another
    // realm.
    !path.toString().startsWith('[object ');
  if (!showsItself)
    throw new TypeError(`${operation} takes a path, not ${path === null ? 'null' : `a ${typeof path}`}`);
  return path.toString();
}
