/**
 * Virtual time, checkpoint assertions, streams in memory and contract suites, for testing concurrent code.
 *
 * @packageDocumentation
 */

export { MockClock } from './time/mock-clock.ts';
export type { MockClockOptions } from './time/mock-clock.ts';
export { waitAllTasksBlocked } from '@tercet/core/lowlevel';

export { CheckFailedError } from './assertions/check-failed-error.ts';
export { testRun } from './running/test-run.ts';
export type { TestRunOptions } from './running/test-run.ts';
export { Sequencer } from './running/sequencer.ts';
export { assertCheckpoints, assertNoCheckpoints } from './assertions/assert-checkpoints.ts';

export { MemorySendStream } from './streams/memory-send-stream.ts';
export type { MemorySendStreamHooks } from './streams/memory-send-stream.ts';
export { MemoryReceiveStream } from './streams/memory-receive-stream.ts';
export type { MemoryReceiveStreamHooks } from './streams/memory-receive-stream.ts';
export { memoryStreamPump } from './streams/memory-stream-pump.ts';
export { memoryStreamOneWayPair, memoryStreamPair } from './streams/memory-stream-pair.ts';
export type { StapledMemoryStream } from './streams/memory-stream-pair.ts';
export { lockstepStreamOneWayPair, lockstepStreamPair } from './streams/lockstep-stream-pair.ts';

export { checkOneWayStream, oneWayStreamClauses } from './contracts/check-one-way-stream.ts';
export type { CheckStreamOptions } from './contracts/check-one-way-stream.ts';
export { checkTwoWayStream, twoWayStreamClauses } from './contracts/check-two-way-stream.ts';
export { checkHalfCloseableStream, halfCloseableStreamClauses } from './contracts/check-half-closeable-stream.ts';
export type { MakeStreamPair, StreamClause, StreamMakers } from './contracts/clause.ts';
export { openStreamToSocketListener } from './streams/open-stream-to-socket-listener.ts';
export type { SocketConnectors, SocketListenerLike } from './streams/open-stream-to-socket-listener.ts';

export { explore } from './exploring/explore.ts';
export type { Exploration } from './exploring/explore.ts';
export type { ExploreOptions } from './exploring/explore-options.ts';
export { ExplorationError } from './exploring/exploration-error.ts';
export type { Decision } from './exploring/recorder.ts';
