/**
 * Virtual time, checkpoint assertions, memory streams and contract suites for testing concurrent code.
 *
 * @packageDocumentation
 */

export { MockClock } from './time/mock-clock.ts';
export type { MockClockOptions } from './time/mock-clock.ts';
export { waitAllTasksBlocked } from '@tercet/core/lowlevel';

export { testRun } from './running/test-run.ts';
export type { TestRunOptions } from './running/test-run.ts';
export { Sequencer } from './running/sequencer.ts';
export { assertCheckpoints, assertNoCheckpoints } from './running/assert-checkpoints.ts';
