import { isUtf8 } from 'node:buffer';

/**
 * The encoding of a text: one of the four that Node supports or, for reading only, any other name of the WHATWG standard.
 *
 * @example
 * await using folder = await Path.temporary();
 * const path = folder.path.join('letter.txt');
 * await path.writeBytes(new Uint8Array([0x8f, 0x57]));
 * const encoding: TextEncoding = 'windows-1251'; // any name of the WHATWG standard, for reading
 * await path.readText({ encoding }); // 'ЏW'
 */
export type TextEncoding = 'utf-8' | 'utf-16le' | 'latin1' | 'ascii' | (string & {});

/**
 * How to decode bytes as text.
 *
 * @example
 * await using folder = await Path.temporary();
 * const path = folder.path.join('from-windows.txt');
 * await path.writeBytes(new Uint8Array([0xff, 0xfe, 0x68, 0x00, 0x69, 0x00]));
 * const options: DecodeTextOptions = { encoding: 'utf-16le', bom: 'strip' };
 * await path.readText(options); // 'hi'
 */
export interface DecodeTextOptions {
  /** `utf-8` by default. */
  readonly encoding?: TextEncoding;
  /** For bytes that do not decode: throw an error (`strict`, the default), or use U+FFFD in their place (`replace`). */
  readonly errors?: 'strict' | 'replace';
  /** For a byte order mark at the start: remove it (`strip`, the default), or keep it as U+FEFF. */
  readonly bom?: 'strip' | 'keep';
}

/**
 * How to encode text as bytes.
 *
 * @example
 * await using folder = await Path.temporary();
 * const options: EncodeTextOptions = { encoding: 'latin1' };
 * await folder.path.join('old.txt').writeText('für', options); // 3 bytes
 */
export interface EncodeTextOptions {
  /** `utf-8` by default. */
  readonly encoding?: TextEncoding;
}

type NativeEncoding = 'utf8' | 'utf16le' | 'latin1';

const NATIVE: Readonly<Record<string, NativeEncoding>> = {
  'utf-8': 'utf8',
  utf8: 'utf8',
  'utf-16le': 'utf16le',
  utf16le: 'utf16le',
  latin1: 'latin1',
  'iso-8859-1': 'latin1',
  ascii: 'latin1',
  'us-ascii': 'latin1',
};

const BOM = '\uFEFF';

/** Decodes text chunk by chunk. A character may be split between two chunks. */
export interface TextDecoding {
  /** The number of bytes of an incomplete character, kept for the next chunk; `NaN` if not known. */
  readonly pending: number;
  /** The size of a byte order mark that was removed, in bytes; `NaN` if not known. */
  readonly bomBytes: number;
  decode(chunk: Uint8Array, last: boolean): string;
}

/** @throws {RangeError} when the encoding is not known. */
export function makeDecoding(options: DecodeTextOptions = {}): TextDecoding {
  const { encoding = 'utf-8', errors = 'strict', bom = 'strip' } = options;
  const native = NATIVE[encoding.toLowerCase()];
  const strict = errors === 'strict';
  return native === undefined
    ? new WebDecoding(encoding, strict, bom === 'strip')
    : new NativeDecoding(native, /ascii/i.test(encoding), strict, bom === 'strip');
}

/** Decodes a whole text. @throws {TypeError} when bytes do not decode, unless `errors` is `replace`. */
export function decodeText(bytes: Uint8Array, options?: DecodeTextOptions): string {
  return makeDecoding(options).decode(bytes, true);
}

/**
 * Encodes a whole text.
 *
 * @throws {RangeError} when text cannot be written in this encoding.
 * @throws {TypeError} when the text has a character that the encoding lacks, or half of a surrogate pair.
 */
export function encodeText(text: string, encoding: TextEncoding = 'utf-8'): Buffer {
  if (typeof text !== 'string') throw new TypeError(`text to be written must be a string, not ${typeof text}`);
  const native = requireWritable(encoding);
  // Most text is well-formed, and V8 checks that far faster than a regular expression.
  const foreign = native === 'latin1' || !isWellFormed(text) ? foreignTo(native, encoding).exec(text) : null;
  if (foreign !== null) {
    const code = (text.codePointAt(foreign.index) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const what = /^D[89A-F]/.test(code) && code.length === 4 ? 'half of a surrogate pair' : 'a character';
    throw new TypeError(`the text has ${what}, U+${code}, that ${encoding} cannot encode, at index ${foreign.index}`);
  }
  return Buffer.from(text, native);
}

/** Matches characters that an encoding lacks. No encoding has lone surrogates. */
function foreignTo(native: NativeEncoding, encoding: TextEncoding): RegExp {
  if (native !== 'latin1') return /\p{Surrogate}/u;
  return /ascii/i.test(encoding) ? /[^\0-\x7f]/ : /[^\0-\xff]/;
}

function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

/** @throws {RangeError} when text cannot be written in this encoding, only read. */
export function requireWritable(encoding: TextEncoding): NativeEncoding {
  const native = NATIVE[encoding.toLowerCase()];
  if (native !== undefined) return native;
  throw new RangeError(`text can be written as utf-8, utf-16le, latin1 or ascii, not as ${encoding}`);
}

/** The length of a text in bytes; `undefined` if the encoding can only be read. */
export function encodedLength(text: string, encoding: TextEncoding): number | undefined {
  const native = NATIVE[encoding.toLowerCase()];
  return native === undefined ? undefined : Buffer.byteLength(text, native);
}

class NativeDecoding implements TextDecoding {
  bomBytes = 0;
  readonly #encoding: NativeEncoding;
  readonly #ascii: boolean;
  readonly #strict: boolean;
  /** True until the first text has been decoded, if a byte order mark is to be removed. */
  #atStart: boolean;
  /** The bytes of an incomplete character at the end of the last chunk. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(encoding: NativeEncoding, ascii: boolean, strict: boolean, stripBom: boolean) {
    this.#encoding = encoding;
    this.#ascii = ascii;
    this.#strict = strict;
    this.#atStart = stripBom && encoding !== 'latin1';
  }

  get pending(): number {
    return this.#rest.length;
  }

  decode(chunk: Uint8Array, last: boolean): string {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#rest.length > 0) bytes = Buffer.concat([this.#rest, bytes]);
    const end = last ? bytes.length : this.#lastBorder(bytes);
    // Copied, because the reader may reuse the memory of the chunk.
    this.#rest = end === bytes.length ? EMPTY : Buffer.from(bytes.subarray(end));
    const text = bytes.toString(this.#encoding, 0, end);
    if (this.#strict) this.#check(text, bytes, end);
    if (!this.#atStart || text === '') return text;
    this.#atStart = false;
    if (!text.startsWith(BOM)) return text;
    this.bomBytes = Buffer.byteLength(BOM, this.#encoding);
    return text.slice(1);
  }

  #lastBorder(bytes: Buffer): number {
    const { length } = bytes;
    if (this.#encoding === 'latin1') return length;
    if (this.#encoding === 'utf16le') {
      const whole = length - (length % 2);
      const isHigh = whole >= 2 && ((bytes[whole - 1] as number) & 0xfc) === 0xd8;
      return isHigh ? whole - 2 : whole;
    }
    for (let back = 1; back <= 3 && back <= length; back++) {
      const byte = bytes[length - back] as number;
      if (byte < 0x80) return length;
      if (byte < 0xc0) continue;
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? length - back : length;
    }
    return length;
  }

  // Bytes that do not decode become U+FFFD. Most texts have none, and need no second check.
  #check(text: string, bytes: Buffer, end: number): void {
    if (this.#encoding === 'utf8') {
      if (text.includes('\uFFFD') && !isUtf8(bytes.subarray(0, end))) fail('utf-8');
    } else if (this.#encoding === 'utf16le') {
      if (end % 2 !== 0 || !isWellFormed(text)) fail('utf-16le');
    } else if (this.#ascii && /[^\0-\x7f]/.test(text)) {
      fail('ascii');
    }
  }
}

const EMPTY = Buffer.alloc(0);

class WebDecoding implements TextDecoding {
  // The platform's decoder does not say how many bytes it keeps.
  readonly pending = NaN;
  readonly bomBytes = NaN;
  readonly #decoder: InstanceType<typeof TextDecoder>;
  readonly #encoding: string;

  constructor(encoding: string, strict: boolean, stripBom: boolean) {
    this.#encoding = encoding;
    try {
      this.#decoder = new TextDecoder(encoding, { fatal: strict, ignoreBOM: !stripBom });
    } catch (cause) {
      throw new RangeError(`the encoding ${encoding} is not known to this platform`, { cause });
    }
  }

  decode(chunk: Uint8Array, last: boolean): string {
    try {
      return this.#decoder.decode(chunk, { stream: !last });
    } catch {
      return fail(this.#encoding);
    }
  }
}

function fail(encoding: string): never {
  throw new TypeError(`the bytes are not valid ${encoding}; give the right encoding, or errors: 'replace'`);
}
