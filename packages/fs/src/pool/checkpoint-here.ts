import { ready, rejectIfCancelled } from '@tercet/core/lowlevel';

/** The checkpoint of an operation that turns out to have nothing to wait for. */
export function checkpointHere(operation: string): Promise<void> {
  return rejectIfCancelled(operation) ?? ready(undefined, operation);
}
