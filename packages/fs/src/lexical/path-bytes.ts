const REPLACEMENT = '\uFFFD';
const ESCAPE = 0xdc00;

// On POSIX, names are bytes, and some are not UTF-8. Each byte that does not decode becomes a lone surrogate, U+DC80 to
// U+DCFF, which decoded text cannot contain. So different names have different texts, and each text leads back to its
// file. Python calls this `surrogateescape`.

/** The text of a name or path that the system has given as bytes. */
export function decodePath(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  if (!text.includes(REPLACEMENT) || Buffer.from(text, 'utf8').equals(buffer)) return text;
  let decoded = '';
  for (let at = 0; at < buffer.length;) {
    const length = sequenceLength(buffer, at);
    decoded +=
      length === 0 ? String.fromCharCode(ESCAPE + (buffer[at] as number)) : buffer.toString('utf8', at, at + length);
    at += length || 1;
  }
  return decoded;
}

/** The path in the form that node:fs needs: as bytes if a name in it is not UTF-8. */
export function nativePath(text: string): string | Buffer {
  return isWellFormed(text) ? text : encodePath(text);
}

/** The bytes of a path: the inverse of {@link decodePath}. */
export function encodePath(text: string): Buffer {
  if (isWellFormed(text)) return Buffer.from(text, 'utf8');
  const pieces: Buffer[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    const escaped = code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff;
    pieces.push(escaped ? Buffer.of(code - ESCAPE) : Buffer.from(character, 'utf8'));
  }
  return Buffer.concat(pieces);
}

/** The length in bytes of the UTF-8 character at `at`; 0 if there is none. */
function sequenceLength(buffer: Buffer, at: number): number {
  const first = buffer[at] as number;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length < 2) return length;
  const sequence = buffer.subarray(at, at + length);
  return Buffer.from(sequence.toString('utf8'), 'utf8').equals(sequence) ? length : 0;
}

function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
