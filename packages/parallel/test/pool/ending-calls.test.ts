import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { Call } from '../../src/pool/call.ts';
import { ending } from '../../src/pool/ending-calls.ts';
import type { PooledWorker } from '../../src/pool/pooled-worker.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A call whose job has begun, in a worker that does not end when it is killed. */
function endingCall(kind: 'thread' | 'process'): { call: Call; worker: PooledWorker } {
  const worker = {
    kind,
    name: `worker ${kind} 1`,
    killed: false,
    hasBegun: () => true,
    ask: () => undefined,
    kill: () => (worker.killed = true),
    firstCall: undefined as Call | undefined,
  };
  const call = {
    state: 'sent',
    worker,
    reference: { name: 'pbkdf2' },
    settings: { grace: 20 },
    killsAtOnce: false,
    isEnding: true,
    stuck: false,
    graceTimer: undefined,
  } as unknown as Call;
  worker.firstCall = call;
  return { call, worker: worker as unknown as PooledWorker };
}

it.each([
  { kind: 'thread', stuck: true, warnings: 1 },
  { kind: 'process', stuck: false, warnings: 0 },
] as const)('P40: a $kind that has been killed and not ended is stuck: $stuck', ({ kind, stuck, warnings }) => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const { call, worker } = endingCall(kind);
  ending.begin(call, worker);
  jest.advanceTimersByTime(19);
  expect(worker.killed).toBe(false);
  jest.advanceTimersByTime(1);
  expect(worker.killed).toBe(true);
  jest.advanceTimersByTime(10_000);
  expect(call.stuck).toBe(stuck);
  expect(warn).toHaveBeenCalledTimes(warnings);
  ending.forget(worker);
});
