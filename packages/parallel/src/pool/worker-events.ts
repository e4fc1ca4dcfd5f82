import { channel } from 'node:diagnostics_channel';

/** The published facts about a worker. */
export interface WorkerEvent {
  readonly worker: string;
  readonly kind: 'thread' | 'process';
  /** Why it is broken. */
  readonly error?: unknown;
}

const started = channel('tercet:parallel:worker:started');
const ended = channel('tercet:parallel:worker:ended');
const broken = channel('tercet:parallel:worker:broken');

export function tellStarted(event: WorkerEvent): void {
  if (started.hasSubscribers) started.publish(event);
}

export function tellEnded(event: WorkerEvent): void {
  if (ended.hasSubscribers) ended.publish(event);
}

export function tellBroken(event: WorkerEvent): void {
  if (broken.hasSubscribers) broken.publish(event);
}
