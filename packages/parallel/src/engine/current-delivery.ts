import { ContextVar } from '@tercet/context';
import { inTask } from '@tercet/core/lowlevel';
import { workerState } from '../serving/worker-state.ts';
import type { CurrentJob } from '../serving/worker-state.ts';

/** The job of an engine that the calling code works for: set in the job's task, and seen by the tasks that it starts. */
export const currentDelivery: ContextVar<CurrentJob | undefined> = new ContextVar<CurrentJob | undefined>(
  'job of an engine',
  {
    default: undefined,
  },
);

/** Lets `report` and `cancelRequested` find jobs of engines, of which one thread runs many at a time. */
export function letReportsFindDeliveries(): void {
  workerState.find = () => (inTask() ? currentDelivery.get() : undefined);
}
