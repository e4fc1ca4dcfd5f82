import { TercetError } from '@tercet/core';

/**
 * A worker threw an error of a class that this side does not know: see `registerError`.
 *
 * @example
 * const fs = remote<typeof import('node:fs')>('node:fs');
 * try {
 *   await runInWorker(fs.readFileSync, '/no/such/file');
 * } catch (error) {
 *   if (error instanceof RemoteError) console.log(error.name, error.fields); // of a class that only the worker knows
 *   else console.log((error as { code?: string }).code); // ENOENT
 * }
 */
export class RemoteError extends TercetError {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'RemoteError', writable: true, configurable: true });
  }

  /** The name that the error had in the worker. */
  override name: string;
  /** Its code, where it had one: `ENOENT`. */
  declare readonly code?: string;
  /** Its own enumerable fields, its code among them; what could not be cloned is there as text. */
  readonly fields: Readonly<Record<string, unknown>>;

  /** Made when the answer of a worker arrives. */
  constructor(name: string, message: string, fields: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
    this.fields = fields;
    const { code } = fields;
    if (code !== undefined) Object.defineProperty(this, 'code', { value: code, enumerable: true });
  }
}
