import { CancelScope } from '@tercet/core';
import type { AsyncResource } from './interfaces/async-resource.ts';

/**
 * Closes a resource at once, without a word to the peer and without waiting for anything.
 *
 * A checkpoint; the resource is closed in any case.
 *
 * @throws {Cancelled} when the surrounding scope is cancelled.
 * @throws what closing it throws otherwise.
 */
export async function closeForcefully(resource: AsyncResource): Promise<void> {
  const scope = new CancelScope();
  scope.cancel('closed forcefully');
  await scope.run(() => resource.close());
}
