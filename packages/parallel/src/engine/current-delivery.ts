import { inTask, TreeVar } from '@tercet/core/lowlevel';
import { workerState } from '../serving/worker-state.ts';
import type { CurrentJob } from '../serving/worker-state.ts';

/** The job of an engine that the calling code works for, wherever it is called in the tree below the job. */
export const currentDelivery: TreeVar<CurrentJob | undefined> = new TreeVar('job of an engine', { default: undefined });

/** Lets `report` and `cancelRequested` find jobs of engines, of which one thread runs many at a time. */
export function letReportsFindDeliveries(): void {
  workerState.find = () => (inTask() ? currentDelivery.get() : undefined);
}
