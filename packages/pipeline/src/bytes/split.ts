import { requireMaxBytes, toBytes } from '@tercet/streams/lowlevel';
import { sectionOf } from '../describing/section.ts';
import type { Place, Section, SectionDescription } from '../describing/section.ts';
import type { Step } from '../running/input.ts';
import { Splitter, toBuffer } from './splitter.ts';

const DEFAULT_LIMIT = 1024 * 1024;

/**
 * How long a piece may be.
 *
 * @example
 * const limit: SplitLimit = { maxBytes: 64 * 1024 }; // a longer line is an error, so that no peer fills the memory
 * await pipeline([Buffer.from('one\ntwo\n')], lines(limit)).toArray(); // ['one', 'two']
 */
export interface SplitLimit {
  /** In bytes, without the delimiter; 1 MiB when left out. */
  readonly maxBytes?: number;
}

/**
 * Cuts bytes at each delimiter, and removes it. A delimiter may be split over several chunks. The rest after the last one is the
 * last piece, unless it is empty.
 *
 * The pipeline fails with a `ReceiveLimitError` that says where, when a piece is longer than `maxBytes`.
 *
 * @param delimiter a string stands for its UTF-8.
 * @throws {RangeError} when `delimiter` is empty or `maxBytes` below 1.
 * @example
 * const bytes = [new TextEncoder().encode('a;b;c')];
 * const parts = await pipeline(bytes, split(';'), decode()).toArray(); // ['a', 'b', 'c']
 */
export function split(delimiter: string | Uint8Array, options: SplitLimit = {}): Section<Uint8Array, Uint8Array> {
  return sectionOf(splitting('split', delimiter, options, (piece) => piece));
}

/**
 * The lines of bytes in UTF-8, without their `\n` or `\r\n`. The last one need not be ended.
 *
 * The pipeline fails with a `ReceiveLimitError` that says where, when a line is longer than `maxBytes`.
 *
 * @throws {RangeError} when `maxBytes` is below 1.
 * @example
 * import { createReadStream } from 'node:fs';
 *
 * const log = fromReadable(createReadStream('build.log'));
 * const count = await pipeline(log, lines(), filter((line) => line !== '')).count();
 */
export function lines(options: SplitLimit = {}): Section<Uint8Array, string> {
  return sectionOf(splitting('lines', '\n', options, toLine));
}

/**
 * The values of newline-delimited JSON. Empty lines are left out. A line that is not JSON fails the pipeline with a `SyntaxError`
 * whose text has the number of the line; `onError` may be used.
 *
 * @throws {RangeError} when `maxBytes` is below 1.
 * @example
 * const lines = [new TextEncoder().encode('{"id":1}\n{"id":2}\n')];
 * const records = await pipeline(lines, ndjson<{ id: number }>()).toArray(); // [{ id: 1 }, { id: 2 }]
 */
export function ndjson<T = unknown>(options: SplitLimit = {}): Section<Uint8Array, T> {
  const parse = (line: unknown): unknown => JSON.parse(line as string);
  return sectionOf({
    kind: 'composition',
    name: 'ndjson',
    sections: [splitting('ndjson', '\n', options, toLine), parsing(parse)],
  });
}

function splitting(
  name: string,
  delimiter: string | Uint8Array,
  options: SplitLimit,
  make: (piece: Uint8Array) => unknown,
): SectionDescription {
  const maxBytes = requireMaxBytes(options.maxBytes ?? DEFAULT_LIMIT, DEFAULT_LIMIT);
  const bytes = toBytes(delimiter, `${name}(): the delimiter`);
  if (bytes.length === 0) throw new RangeError(`${name}(): the delimiter is empty`);
  return {
    kind: 'sync',
    name,
    build: (next, place) => {
      const splitter = new Splitter(name, bytes, maxBytes);
      return {
        step: (chunk) => giveAll(splitter.push(chunk as Uint8Array), make, next, place),
        holds: () => splitter.holds,
        flush: () => {
          const rest = splitter.rest();
          return rest === undefined ? undefined : next(make(rest));
        },
      };
    },
  };
}

/** Gives pieces until one of them has to wait. */
function giveAll(
  pieces: Generator<Uint8Array>,
  make: (piece: Uint8Array) => unknown,
  next: Step,
  place: Place,
): ReturnType<Step> {
  for (;;) {
    let step;
    try {
      step = pieces.next();
    } catch (error) {
      throw place.blame(error);
    }
    if (step.done === true || place.isOver) return undefined;
    const pending = next(make(step.value));
    if (pending !== undefined) return goOn(pending, pieces, make, next, place);
  }
}

async function goOn(
  pending: PromiseLike<unknown>,
  pieces: Generator<Uint8Array>,
  make: (piece: Uint8Array) => unknown,
  next: Step,
  place: Place,
): Promise<void> {
  await pending;
  for (;;) {
    let step;
    try {
      step = pieces.next();
    } catch (error) {
      throw place.blame(error);
    }
    if (step.done === true || place.isOver) return;
    const waiting = next(make(step.value));
    if (waiting !== undefined) await waiting;
  }
}

function toLine(piece: Uint8Array): string {
  const text = toBuffer(piece).toString('utf8');
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

function parsing(parse: (line: unknown) => unknown): SectionDescription {
  const make = (called: (line: unknown) => unknown): SectionDescription & { readonly kind: 'sync' } => ({
    kind: 'sync',
    name: 'ndjson',
    isPart: true,
    calls: { fn: called, with: make },
    build: (next, place) => {
      let number = 0;
      return (line) => {
        number++;
        if (line === '') return undefined;
        let value;
        try {
          value = called(line);
        } catch (error) {
          const text = error instanceof Error ? error.message : String(error);
          throw place.blame(new SyntaxError(`ndjson(): line ${number}: ${text}`, { cause: error }));
        }
        return next(value);
      };
    },
  });
  return make(parse);
}
