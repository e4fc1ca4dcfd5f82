import { ExceptionGroup } from '@tercet/core';

/** The error of the call, which must be a group. */
export async function groupFrom(call: Promise<unknown>): Promise<ExceptionGroup> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ExceptionGroup) return error;
    throw new Error(`not a group but ${String(error)}`, { cause: error });
  }
  throw new Error('the call has not failed');
}

/** Its errors without the groups around them. */
export async function leavesFrom(call: Promise<unknown>): Promise<unknown[]> {
  return (await groupFrom(call)).leaves();
}
