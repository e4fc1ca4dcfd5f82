import { ready, rejectIfCancelled } from '@tercet/core/lowlevel';

/** A checkpoint, with the name of its operation, for an operation that may have nothing to wait for. */
export function checkpointHere(operation: string): Promise<void> {
  return rejectIfCancelled(operation) ?? ready(undefined, operation);
}
