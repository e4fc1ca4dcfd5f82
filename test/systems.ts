import { sep } from 'node:path';

/** Matches samples that Windows cannot run: it lacks signals, sockets in the file system, and small Unix programs. */
const NOT_ON_WINDOWS = /process\.kill\(process\.pid|SIG(TERM|PIPE|HUP|USR)|Unix|'(seq|yes|sort|sh)'/;

/** Whether a sample of the documentation can run on this system. */
export function runsHere(source: string): boolean {
  return process.platform !== 'win32' || !NOT_ON_WINDOWS.test(source);
}

/** A path of this system, written as in a URL. */
export function withSlashes(path: string): string {
  return path.replaceAll(sep, '/');
}
