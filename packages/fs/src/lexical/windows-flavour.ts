import type { Flavour } from './flavour.ts';

const SEPARATOR = '\\';
const EXTENDED = '\\\\?\\';

/** Windows: drives, shares (`\\server\share`), extended paths (`\\?\…`), both kinds of slashes, names that ignore case. */
export const windows: Flavour = {
  name: 'windows',
  separator: SEPARATOR,
  normalise: (text) => (text.includes('/') ? text.replaceAll('/', SEPARATOR) : text),
  splitRoot(text) {
    const [prefix, body] = takeExtendedPrefix(text);
    const share = findShare(body);
    if (share !== undefined) {
      const drive = prefix === '' ? body.slice(0, share) : prefix + body.slice(1, share);
      return { drive, root: SEPARATOR, rest: body.slice(share + 1) };
    }
    const letter = /^[A-Za-z]:/.test(body) ? body.slice(0, 2) : '';
    const afterLetter = body.slice(letter.length);
    const rest = afterLetter.replace(/^\\+/, '');
    return { drive: prefix + letter, root: rest === afterLetter ? '' : SEPARATOR, rest };
  },
  fold: (text) => text.toLowerCase(),
};

/** Splits off `\\?\` or `\\?\UNC`. In the second case, the body starts with two separators, like any share. */
function takeExtendedPrefix(text: string): readonly [prefix: string, body: string] {
  if (!text.startsWith(EXTENDED)) return ['', text];
  const body = text.slice(EXTENDED.length);
  return body.startsWith('UNC\\') ? [`${EXTENDED}UNC`, SEPARATOR + body.slice(3)] : [EXTENDED, body];
}

/** Where `\\server\share` ends, if the text begins with one. */
function findShare(text: string): number | undefined {
  if (!/^\\\\[^\\]/.test(text)) return undefined;
  const afterServer = text.indexOf(SEPARATOR, 2);
  if (afterServer === -1) return undefined;
  const afterShare = text.indexOf(SEPARATOR, afterServer + 1);
  if (afterShare === afterServer + 1) return undefined;
  return afterShare === -1 ? text.length : afterShare;
}
