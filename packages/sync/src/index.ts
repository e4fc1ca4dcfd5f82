/**
 * What tasks use to wait for each other, and to hand each other things.
 *
 * @packageDocumentation
 */

export { Event } from './event.ts';
export type { EventStatistics } from './event.ts';
export type { ReceiveChannel, SendChannel } from './channels/channel.ts';
export { openMemoryChannel } from './channels/open-memory-channel.ts';
export { MemorySendChannel } from './channels/memory-send-channel.ts';
export { MemoryReceiveChannel } from './channels/memory-receive-channel.ts';
export type { MemoryChannelStatistics } from './channels/channel-state.ts';
