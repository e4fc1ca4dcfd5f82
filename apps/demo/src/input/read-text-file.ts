import { resolve } from 'node:path';
import { rethrowIfCancelled } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { Path } from '@tercet/fs';
import { UsageError } from './usage-error.ts';

/** @param what the file is, for the error. @throws {UsageError} when it cannot be read. */
export async function readTextFile(path: string, what: string): Promise<string> {
  try {
    return await new Path(resolve(path)).readText();
  } catch (error) {
    rethrowIfCancelled(error);
    throw new UsageError(`${what} cannot be read: ${describeError(error)}`, { cause: error });
  }
}
