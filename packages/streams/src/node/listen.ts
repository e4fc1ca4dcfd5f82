import type { EventEmitter } from 'node:events';

type Listener = Parameters<EventEmitter['on']>[1];

/**
 * Listens to several events.
 *
 * @returns a function that removes all listeners. The emitter may live as long as the process.
 */
export function listen(emitter: EventEmitter, listeners: Readonly<Record<string, Listener>>): () => void {
  const entries = Object.entries(listeners);
  for (const [event, listener] of entries) emitter.on(event, listener);
  return () => {
    for (const [event, listener] of entries) emitter.off(event, listener);
  };
}
