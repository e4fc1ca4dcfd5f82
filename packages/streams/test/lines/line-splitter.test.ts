import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReceiveLimitError } from '../../src/index.ts';
import { LineSplitter } from '../../src/lowlevel.ts';
import type { LineLimit } from '../../src/lowlevel.ts';

/** The lines that a splitter returns for `bytes` in pieces of `size`. */
function split(bytes: Uint8Array | string, limit: LineLimit, size = Infinity): string[] {
  const splitter = new LineSplitter(limit);
  const all = Buffer.from(bytes as string);
  const lines: string[] = [];
  const step = Math.min(size, all.length || 1);
  for (let at = 0; at < all.length; at += step) lines.push(...splitter.push(all.subarray(at, at + step)));
  return [...lines, ...splitter.end()];
}

const cut = (maxBytes: number): LineLimit => ({ maxBytes, longLines: 'cut' });

it('I-16: ends lines at \\n and \\r\\n, wherever chunks are cut, and the last line needs no line end', () => {
  for (const size of [1, 2, 3, Infinity]) {
    expect(split('one\r\n\ngrüße\rx\n€', { maxBytes: 100 }, size)).toEqual(['one', '', 'grüße\rx', '€']);
    expect(split('x\n', { maxBytes: 100 }, size)).toEqual(['x']);
  }
  expect(split('', { maxBytes: 100 })).toEqual([]);
});

it('I-16: returns the lines before a line that is too long, and refuses that one', () => {
  const splitter = new LineSplitter({ maxBytes: 3 });
  const lines = splitter.push(Buffer.from('a\nbcd\r\nefgh\n'));
  expect([lines.next().value, lines.next().value]).toEqual(['a', 'bcd']);
  expect(() => lines.next()).toThrow(new ReceiveLimitError('LineSplitter: a line is longer than 3 bytes'));
  expect(() => split('abcd', { maxBytes: 3 })).toThrow(ReceiveLimitError);
  expect(() => split('abcd\r', { maxBytes: 3 }, 1)).toThrow(ReceiveLimitError);
});

it('I-16: refuses a line as soon as it is too long, without keeping more of it', () => {
  const splitter = new LineSplitter({ maxBytes: 10 });
  expect([...splitter.push(Buffer.from('x'.repeat(11)))]).toEqual([]);
  expect(() => [...splitter.push(Buffer.from('x'))]).toThrow(ReceiveLimitError);
});

it('I-16: cuts long lines into pieces if asked to, and adds no empty line', () => {
  for (const size of [1, 2, 5, Infinity]) {
    expect(split('1234567890\n12345\r\nab', cut(5), size)).toEqual(['12345', '67890', '12345', 'ab']);
    expect(split('12345678901', cut(5), size)).toEqual(['12345', '67890', '1']);
  }
});

it('I-16: cuts no character in two, as far as the limit allows', () => {
  expect(split('aä€😀b', cut(4))).toEqual(['aä', '€', '😀', 'b']);
  for (const size of [1, 3, Infinity]) expect(split('😀'.repeat(5), cut(9), size).join('')).toBe('😀'.repeat(5));
  // These bytes are not UTF-8, and splitting them still ends.
  expect(split(new Uint8Array(10).fill(0x80), cut(5))).toHaveLength(2);
  expect(split('😀', cut(1)).length).toBeGreaterThan(0);
});

it('I-16: returns lines that were not taken with the next chunk', () => {
  const splitter = new LineSplitter({ maxBytes: 10 });
  expect(splitter.push(Buffer.from('a\nb\n')).next().value).toBe('a');
  expect([...splitter.push(Buffer.from('c\nd'))]).toEqual(['b', 'c']);
  expect([...splitter.end()]).toEqual(['d']);
});

it('I-16: copies the bytes of a chunk, so that they may be overwritten afterwards', () => {
  const splitter = new LineSplitter({ maxBytes: 10 });
  const chunk = Buffer.from('ab');
  splitter.push(chunk);
  chunk.fill(0);
  expect([...splitter.push(Buffer.from('\n'))]).toEqual(['ab']);
});

it('I-16: returns the same lines as splitting the whole text, for every text and every chunk size', () => {
  const text = fc.array(fc.constantFrom('a', 'ß', '€', '\n', '\r\n', '😀')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 7 }), (whole, size) => {
      const expected = whole.split('\n').map((line) => line.replace(/\r$/, ''));
      if (expected.at(-1) === '') expected.pop();
      expect(split(whole, { maxBytes: 1000 }, size)).toEqual(expected);
      expect(split(whole, cut(4), size).join('')).toBe(expected.join(''));
    }),
  );
});

it('I-16: searches each byte once, however small the chunks of a long line are', () => {
  let searched = 0;
  const indexOf = Buffer.prototype.indexOf;
  Buffer.prototype.indexOf = function (this: Buffer, value: never, from: never) {
    searched += this.length - Number(from ?? 0);
    return indexOf.call(this, value, from);
  };
  try {
    const chunk = Buffer.alloc(1000, 'x');
    const splitter = new LineSplitter({ maxBytes: 2_000_000 });
    for (let i = 0; i < 1000; i++) splitter.push(chunk).next();
    expect([...splitter.end()]).toHaveLength(1);
  } finally {
    Buffer.prototype.indexOf = indexOf;
  }
  expect(searched).toBeLessThan(1_100_000);
});

it('I-16: searches each byte once, also when a line whose end is there is cut into pieces', () => {
  let searched = 0;
  const indexOf = Buffer.prototype.indexOf;
  Buffer.prototype.indexOf = function (this: Buffer, value: never, from: never) {
    searched += this.length - Number(from ?? 0);
    return indexOf.call(this, value, from);
  };
  try {
    const pieces = split(`${'x'.repeat(100_000)}\n`, cut(16), 100_001);
    expect(pieces.join('')).toBe('x'.repeat(100_000));
  } finally {
    Buffer.prototype.indexOf = indexOf;
  }
  expect(searched).toBeLessThan(200_000);
});

it('refuses limits that are not positive integers', () => {
  expect(() => new LineSplitter({ maxBytes: 0 })).toThrow(RangeError);
  expect(() => new LineSplitter({ maxBytes: 1.5 })).toThrow(TypeError);
  expect(() => new LineSplitter({ maxBytes: '1' as never })).toThrow(TypeError);
});
