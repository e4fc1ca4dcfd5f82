import { expect } from '@jest/globals';
import { CancelScope, isCancelled } from '@tercet/core';

/** In a cancelled scope the operation throws `Cancelled`. */
export async function expectCancelled(operation: () => PromiseLike<unknown>): Promise<void> {
  let thrown: unknown = 'nothing';
  const scope = new CancelScope();
  scope.cancel();
  await scope.run(async () => {
    try {
      await operation();
    } catch (error) {
      thrown = error;
      throw error;
    }
  });
  expect(isCancelled(thrown)).toBe(true);
}
