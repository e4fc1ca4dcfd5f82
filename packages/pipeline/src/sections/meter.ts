import diagnostics from 'node:diagnostics_channel';
import { sectionOf } from '../describing/section.ts';
import type { Section } from '../describing/section.ts';

/**
 * The message for each item that passes a `meter`, published while the channel has subscribers.
 *
 * @example
 * import { subscribe, unsubscribe } from 'node:diagnostics_channel';
 *
 * const show = (message: unknown): void => {
 *   const { name, items } = message as MeterMessage;
 *   console.log(`${items} items have passed ${name}`);
 * };
 * subscribe('tercet:pipeline:meter', show);
 * await pipeline(['a', 'b'], meter('rows')).forEach(() => undefined);
 * unsubscribe('tercet:pipeline:meter', show);
 */
export interface MeterMessage {
  /** The name that was given to `meter`. */
  readonly name: string;
  /** How many items have passed in this run of the pipeline. */
  readonly items: number;
  /** The present instant of the run's clock, in milliseconds. */
  readonly time: number;
}

const channel = diagnostics.channel('tercet:pipeline:meter');

/**
 * Counts the items that pass, under a name: in `statistics()`, and on the diagnostics channel `tercet:pipeline:meter`, which
 * gets a {@link MeterMessage} for each item while it has subscribers.
 *
 * @throws {TypeError} when `name` is not a string.
 * @example
 * await pipeline([1, 2, 3], meter('numbers')).drain();
 */
export function meter<T>(name: string): Section<T, T> {
  if (typeof name !== 'string') throw new TypeError(`meter() takes a name, not ${String(name)}`);
  return sectionOf({
    kind: 'sync',
    name: 'meter',
    detail: name,
    build: (next, place) => {
      let items = 0;
      return (item) => {
        items++;
        if (channel.hasSubscribers) channel.publish({ name, items, time: place.now() } satisfies MeterMessage);
        return next(item);
      };
    },
  });
}
