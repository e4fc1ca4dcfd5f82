import { describe, expect, it } from '@jest/globals';
import { ReceiveLimitError, IncompleteReceiveError } from '@tercet/streams';
import { testRun } from '@tercet/testing';
import { decode, encode, frames, lines, map, ndjson, onError, pipeline, split, take } from '@tercet/pipeline';
import fc from 'fast-check';
import { leavesFrom } from '../failing.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The bytes in chunks of that many. */
function chunked(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.slice(index * size, (index + 1) * size),
  );
}

describe('text', () => {
  it.each([1, 2, 3, 5, 100])('L-73: a character that is split over chunks of %i bytes is put together', (size) =>
    testRun(async () => {
      const text = 'aé€😀\n\u0000z';
      expect((await pipeline(chunked(bytesOf(text), size), decode()).toArray()).join('')).toBe(text);
      expect((await pipeline([text], encode(), decode('utf-8')).toArray()).join('')).toBe(text);
      expect(await pipeline([Buffer.from([0xe2, 0x82])], decode()).toArray()).toEqual(['\ufffd']);
      expect(() => decode('no such encoding')).toThrow(/not supported/);
    })(),
  );
});

describe('split and lines', () => {
  it.each([1, 2, 3, 4, 7, 100])('L-73: a delimiter that is split over chunks of %i bytes is found', (size) =>
    testRun(async () => {
      const chunks = chunked(bytesOf('one<=>two<=><=>th<=ree<=>'), size);
      expect(await pipeline(chunks, split('<=>'), decode()).toArray()).toEqual(['one', 'two', 'th<=ree']);
      const pieces = await pipeline(chunks, split('<=>')).toArray();
      expect(pieces.length).toBe(4);
      const text = chunked(bytesOf('a\r\nbé\n\nlast'), size);
      expect(await pipeline(text, lines()).toArray()).toEqual(['a', 'bé', '', 'last']);
      expect(await pipeline(text, lines(), take(1)).toArray()).toEqual(['a']);
    })(),
  );

  it('L-73: gives the same result as plain splitting, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(97, 10, 13, 59, 58)),
        fc.integer({ min: 1, max: 9 }),
        async (codes, size) => {
          await testRun(async () => {
            const bytes = Uint8Array.from(codes);
            const expected = Buffer.from(bytes).toString().split(';:');
            if (expected.at(-1) === '') expected.pop();
            const pieces = await pipeline(
              chunked(bytes, size),
              split(';:'),
              map((piece) => Buffer.from(piece).toString()),
            ).toArray();
            expect(pieces).toEqual(expected);
          })();
        },
      ),
    );
  }, 60_000);

  it(
    'L-73: maxBytes fails with the position',
    testRun(async () => {
      const chunks = chunked(bytesOf('ok\nalso\ntoo long a line\n'), 4);
      const [error] = await leavesFrom(pipeline(chunks, lines({ maxBytes: 6 })).drain());
      expect(error).toBeInstanceOf(ReceiveLimitError);
      expect(String(error)).toContain('more than 6 bytes have come without a delimiter, from byte 8 on');
      expect(await pipeline([bytesOf('123456\n1\n')], lines({ maxBytes: 6 })).toArray()).toEqual(['123456', '1']);
      expect(await leavesFrom(pipeline([bytesOf('1234567\n')], lines({ maxBytes: 6 })).drain())).toEqual([
        expect.any(ReceiveLimitError),
      ]);
      expect(() => split('')).toThrow(RangeError);
      expect(() => lines({ maxBytes: 0 })).toThrow(RangeError);
    }),
  );

  it(
    'L-73: keeps nothing of a chunk whose memory is used again',
    testRun(async () => {
      const memory = new Uint8Array(4);
      const source = function* (): Generator<Uint8Array> {
        for (const part of ['abcd', 'ef\ng', 'hijk']) {
          memory.set(bytesOf(part));
          yield memory;
        }
      };
      expect(await pipeline(source, lines()).toArray()).toEqual(['abcdef', 'ghijk']);
    }),
  );
});

describe('ndjson and frames', () => {
  it(
    'L-73: ndjson gives values, and the number of the line that is not JSON',
    testRun(async () => {
      const chunks = chunked(bytesOf('{"a":1}\n\n[2]\nnot json\n3'), 3);
      expect(await pipeline(chunks, ndjson(), take(2)).toArray()).toEqual([{ a: 1 }, [2]]);
      expect(await pipeline(chunks, ndjson(), onError('skip')).toArray()).toEqual([{ a: 1 }, [2], 3]);
      const [error] = await leavesFrom(pipeline(chunks, ndjson()).drain());
      expect(error).toBeInstanceOf(SyntaxError);
      expect(String(error)).toContain('ndjson(): line 4:');
    }),
  );

  it.each([1, 2, 3, 100])('L-73: frames in chunks of %i bytes', (size) =>
    testRun(async () => {
      const bytes = Uint8Array.from([0, 2, 65, 66, 0, 0, 0, 1, 67]);
      const all = await pipeline(chunked(bytes, size), frames({ lengthBytes: 2, maxBytes: 10 })).toArray();
      expect(all.map((frame) => Buffer.from(frame).toString())).toEqual(['AB', '', 'C']);
      const [tooLong] = await leavesFrom(
        pipeline(chunked(bytes, size), frames({ lengthBytes: 2, maxBytes: 1 })).drain(),
      );
      expect(tooLong).toBeInstanceOf(ReceiveLimitError);
      expect(String(tooLong)).toContain('a frame of 2 bytes at byte 0');
      const [cut] = await leavesFrom(
        pipeline(chunked(bytes.slice(0, -1), size), frames({ lengthBytes: 2, maxBytes: 9 })).drain(),
      );
      expect(cut).toBeInstanceOf(IncompleteReceiveError);
      expect(String(cut)).toContain('within the frame at byte 6');
    })(),
  );
});
