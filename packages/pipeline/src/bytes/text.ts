import { sectionOf } from '../describing/section.ts';
import type { Section } from '../describing/section.ts';

/**
 * Decodes bytes to text. A character may be split over several chunks. Invalid bytes become U+FFFD.
 *
 * @param encoding a label that `TextDecoder` knows; `'utf8'` when left out.
 * @throws {RangeError} when the encoding is unknown.
 * @example
 * const text = (await pipeline(fromReadable(process.stdin), decode()).toArray()).join('');
 */
export function decode(encoding = 'utf8'): Section<Uint8Array, string> {
  new TextDecoder(encoding);
  return sectionOf({
    kind: 'sync',
    name: 'decode',
    build: (next) => {
      const decoder = new TextDecoder(encoding);
      const give = (text: string): ReturnType<typeof next> => (text === '' ? undefined : next(text));
      return {
        step: (bytes) => give(decoder.decode(bytes as Uint8Array, { stream: true })),
        flush: () => give(decoder.decode()),
      };
    },
  });
}

/**
 * Encodes text as UTF-8.
 *
 * @example
 * const chunks = await pipeline(['a', 'b'], encode()).toArray(); // two Uint8Arrays
 */
export function encode(): Section<string, Uint8Array> {
  const encoder = new TextEncoder();
  return sectionOf({ kind: 'sync', name: 'encode', build: (next) => (text) => next(encoder.encode(text as string)) });
}
