import { toMilliseconds } from '@tercet/core/lowlevel';
import type { CapacityLimiter } from '@tercet/sync';
import type { CallSettings } from '../pool/call.ts';
import { SLOTS } from '../protocol/shared-claims.ts';
import { count, oneOf } from '../workers/worker-options.ts';
import type { CallOptions } from './executor.ts';

/** Options of calls that have been looked through. */
export interface CheckedCallOptions extends CallSettings {
  readonly limiter: CapacityLimiter | undefined;
  readonly onProgress: ((value: unknown) => void) | undefined;
  readonly window: number;
}

const WINDOW = 256;

/** The settings of calls without options. @param grace milliseconds. */
export function defaultCallOptions(grace: number): CheckedCallOptions {
  return {
    onCancel: 'ask',
    grace,
    priority: 0,
    retryBroken: 0,
    limiter: undefined,
    onProgress: undefined,
    window: WINDOW,
  };
}

/** @throws {TypeError} when an option has a wrong type. @throws {RangeError} when it has a wrong value. */
export function changeCallOptions(before: CheckedCallOptions, options: CallOptions): CheckedCallOptions {
  const { onCancel, grace, limiter, priority, retryBroken, onProgress, window } = options;
  if (priority !== undefined && (typeof priority !== 'number' || Number.isNaN(priority))) {
    throw new TypeError(`with(): priority must be a number, not ${String(priority)}`);
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new TypeError(`with(): onProgress must be a function, not ${typeof onProgress}`);
  }
  if (limiter !== undefined && typeof limiter?.acquireOnBehalfOf !== 'function') {
    throw new TypeError('with(): limiter must be a CapacityLimiter');
  }
  return {
    onCancel: onCancel === undefined ? before.onCancel : oneOf(onCancel, ['wait', 'ask', 'kill'], 'with(): onCancel'),
    grace: grace === undefined ? before.grace : toMilliseconds(grace, 'with(): grace'),
    priority: priority ?? before.priority,
    retryBroken: retryBroken === undefined ? before.retryBroken : count(retryBroken, 0, 'with(): retryBroken'),
    limiter: limiter ?? before.limiter,
    onProgress: onProgress ?? before.onProgress,
    window: window === undefined ? before.window : count(window, 1, 'with(): window', SLOTS * SLOTS),
  };
}
