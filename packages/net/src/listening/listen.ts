import type { ListenOptions, Server } from 'node:net';
import { currentSocketFactory } from '../sockets/socket-factory.ts';
import { untilReady } from '../sockets/until-ready.ts';

/**
 * Makes a server of Node listen. A checkpoint. When it is cancelled, the server is closed.
 *
 * @param make makes the server; by default the socket factory of the run does.
 * @throws the error of the operating system.
 */
export function listen<S extends Server = Server>(options: ListenOptions, make: () => S = makeServer<S>): Promise<S> {
  return untilReady('a server that listens', 'listening', () => make().listen(options));
}

function makeServer<S extends Server>(): S {
  return currentSocketFactory().createServer({ allowHalfOpen: true, pauseOnConnect: true }) as S;
}

/**
 * Checks a backlog. The kernel has a limit of its own, and would see only the lowest 16 bits of a larger number.
 *
 * @throws {TypeError} when it is not an integer. @throws {RangeError} when it is less than 1.
 */
export function requireBacklog(backlog: number | undefined, operation: string): number {
  const most = 0xffff;
  if (backlog === undefined || backlog === Infinity) return most;
  if (!Number.isInteger(backlog)) throw new TypeError(`${operation}: the backlog must be an integer, not ${backlog}`);
  if (backlog < 1) throw new RangeError(`${operation}: the backlog must be at least 1, but is ${backlog}`);
  return Math.min(backlog, most);
}
