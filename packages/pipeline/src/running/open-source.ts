import { StateError } from '@tercet/core';
import type { ReceiveChannel } from '@tercet/sync';
import { sourceDescriptionOf } from '../describing/source.ts';
import type { SourceDescription } from '../describing/source.ts';
import type { SectionDescription } from '../describing/section.ts';
import type { Input } from './input.ts';
import { Mark, MarkingInput } from './marks.ts';
import { ArrayInput, AsyncIteratorInput, ChannelInput, IteratorInput } from './source-inputs.ts';

/** Marks a channel that belongs to the flow. */
export class OwnedChannel {
  readonly channel: ReceiveChannel<unknown>;

  constructor(channel: ReceiveChannel<unknown>) {
    this.channel = channel;
  }
}

/** A source that is an input already. */
export class InputSource {
  readonly input: Input;

  constructor(input: Input) {
    this.input = input;
  }
}

/** A source whose positions are acknowledged. */
export class CheckpointedSource {
  readonly source: unknown;
  readonly ack: (position: unknown) => unknown;
  readonly position: (item: unknown, index: number) => unknown;

  constructor(
    source: unknown,
    ack: (position: unknown) => unknown,
    position: (item: unknown, index: number) => unknown,
  ) {
    this.source = source;
    this.ack = ack;
    this.position = position;
  }
}

/** A source with functions called and flows unfolded: something to read from, and the sections of the flows inside it. */
export interface Opened {
  readonly source: unknown;
  readonly sections: readonly SectionDescription[];
  /** Reads it; called in the task that reads. */
  read(): Input;
  /** Whether reading it calls foreign code that may wait, and must not do so under a scope of the reader. */
  readonly isForeign: boolean;
}

/** Calls functions and unfolds flows, until something is there that has items. */
export function openSource(value: unknown): Opened {
  const sections: (readonly SectionDescription[])[] = [];
  let source = value;
  let description: SourceDescription | undefined;
  let checkpoints: CheckpointedSource | undefined;
  for (let depth = 0; ; depth++) {
    if (depth > 1000) throw new TypeError('a source is a function that returns itself, or goes on returning functions');
    const inner = sourceDescriptionOf(source);
    if (inner !== undefined) {
      description = inner;
      sections.unshift(inner.sections);
      if (inner.source === undefined) break;
      source = inner.source;
    } else if (typeof source === 'function') {
      source = (source as () => unknown)();
      description = undefined;
    } else if (source instanceof CheckpointedSource) {
      // Only the innermost one is close enough to the items.
      checkpoints = source;
      source = checkpoints.source;
    } else break;
  }
  const once = description;
  return {
    source,
    sections: sections.flat(),
    isForeign: isAsyncIterable(source) && !isReceiveChannel(source),
    read: () => marking(readerOf(source, once), checkpoints),
  };
}

function marking(input: Input, checkpoints: CheckpointedSource | undefined): Input {
  if (checkpoints === undefined) return input;
  const { ack, position } = checkpoints;
  let index = 0;
  return new MarkingInput(input, (item) => new Mark(position(item, index++), ack));
}

function readerOf(source: unknown, description: SourceDescription | undefined): Input {
  if (Array.isArray(source)) return new ArrayInput(source);
  if (source instanceof InputSource) return source.input;
  if (source instanceof OwnedChannel) return new ChannelInput(source.channel, true);
  if (isReceiveChannel(source)) return new ChannelInput(source, false);
  if (isAsyncIterable(source)) {
    const iterator = source[Symbol.asyncIterator]();
    if ((iterator as unknown) === source) useUp(description);
    return new AsyncIteratorInput(iterator);
  }
  if (isIterable(source)) {
    const iterator = source[Symbol.iterator]();
    if ((iterator as unknown) === source) useUp(description);
    return new IteratorInput(iterator);
  }
  throw new TypeError(
    `a source must be iterable, a channel, a flow, or a function that returns one; not ${typeof source}`,
  );
}

function useUp(description: SourceDescription | undefined): void {
  if (description === undefined) return;
  if (description.consumed) {
    throw new StateError(
      'this flow has been consumed, and its source is an iterator that can be read only once; ' +
        'give pipeline() a function that makes a new one',
    );
  }
  description.consumed = true;
}

/** Whether the value can be the source of a flow; what a function returns is seen only when it is called. */
export function isSource(value: unknown): boolean {
  return (
    typeof value === 'function' ||
    sourceDescriptionOf(value) !== undefined ||
    value instanceof OwnedChannel ||
    isReceiveChannel(value) ||
    isAsyncIterable(value) ||
    isIterable(value)
  );
}

export function isReceiveChannel(value: unknown): value is ReceiveChannel<unknown> {
  return typeof (value as Partial<ReceiveChannel<unknown>> | null | undefined)?.receive === 'function';
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof (value as Partial<AsyncIterable<unknown>> | null | undefined)?.[Symbol.asyncIterator] === 'function';
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof (value as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === 'function';
}
