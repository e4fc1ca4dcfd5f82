/** @throws {TypeError} when it is not an integer. @throws {RangeError} when there is no such port. */
export function requirePort(port: number, operation: string, lowest: 0 | 1): void {
  if (!Number.isInteger(port)) {
    const given = typeof port === 'string' ? `the string '${String(port)}'` : String(port);
    throw new TypeError(`${operation}: the port must be an integer, not ${given}`);
  }
  if (port < lowest || port > 65_535) {
    throw new RangeError(`${operation}: the port must be between ${lowest} and 65535, but is ${port}`);
  }
}

/** @throws {TypeError} when it is not a string. @throws {RangeError} when it is empty. */
export function requireHost(host: string, operation: string): void {
  if (typeof host !== 'string') throw new TypeError(`${operation}: the host must be a string, not ${String(host)}`);
  if (host === '') throw new RangeError(`${operation}: the host must not be empty`);
}
