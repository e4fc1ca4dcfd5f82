/**
 * Events, locks, channels, limits and pools: how tasks wait for each other, take turns, and pass objects to each other.
 *
 * @packageDocumentation
 */

export { Event } from './events/event.ts';
export type { EventStatistics } from './events/event.ts';

export { openMemoryChannel } from './channels/open-memory-channel.ts';
export { MemorySendChannel } from './channels/memory-send-channel.ts';
export { MemoryReceiveChannel } from './channels/memory-receive-channel.ts';
export type { MemoryChannelOptions } from './channels/open-memory-channel.ts';
export type { MemoryChannelStatistics, Overflow } from './channels/channel-state.ts';
export type { ReceiveChannel, SendChannel } from './channels/channel.ts';
export { openBroadcastChannel } from './channels/open-broadcast-channel.ts';
export type { BroadcastOptions } from './channels/open-broadcast-channel.ts';
export { BroadcastSender } from './channels/broadcast-sender.ts';
export type { BroadcastOverflow, BroadcastStatistics } from './channels/broadcast.ts';
export { receiveEvents } from './channels/receive-events.ts';
export type { ReceiveEventsOptions } from './channels/receive-events.ts';
export { asSafeChannel } from './channels/as-safe-channel.ts';

export { select, selectNowait } from './selecting/select.ts';
export type { Selected, SelectOptions } from './selecting/select.ts';
export { merge } from './selecting/merge.ts';

export { Lock, StrictFIFOLock } from './locks/lock.ts';
export type { LockStatistics } from './locks/lock.ts';
export { Semaphore } from './locks/semaphore.ts';
export type { SemaphoreOptions, SemaphoreStatistics } from './locks/semaphore.ts';
export { CapacityLimiter } from './locks/capacity-limiter.ts';
export type { CapacityLimiterStatistics } from './locks/capacity-limiter.ts';
export { Turns } from './locks/turns.ts';
export { Condition } from './locks/condition.ts';
export type { ConditionStatistics } from './locks/condition.ts';

export { RateLimiter } from './limits/rate-limiter.ts';
export type { RateLimiterOptions, RateLimiterStatistics } from './limits/rate-limiter.ts';
export { AsyncValue } from './events/async-value.ts';
export { Pool } from './limits/pool.ts';
export type { PoolOptions, PoolStatistics } from './limits/pool.ts';
