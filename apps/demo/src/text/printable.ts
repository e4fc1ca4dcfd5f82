import { stripVTControlCharacters } from 'node:util';

// Names, programs, lines and errors come from other people, and a terminal obeys control characters in them: it moves the
// cursor, changes its title, or shows a text in another order. So everything that jobd shows goes through one of these.

/** Control characters (C0, DEL, C1), and what changes the direction or breaks the line; a tab does no harm. */
const unsafe = /(?!\t)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
const unsafeInLines = /(?![\t\n])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** A text of one line: control characters become visible, as `\u001b`. */
export function printable(text: string): string {
  return text.replace(unsafe, escaped);
}

/** The same for a text of several lines. */
export function printableLines(text: string): string {
  return text.replace(unsafeInLines, escaped);
}

/** A line that a job has written, without its colours; the log file has it as it was. */
export function printableOutput(line: string): string {
  return printable(stripVTControlCharacters(line).replace(/\r/g, ' '));
}

/** The same for JSON, which means the same afterwards: such characters stand only in its texts, or at the end of a line. */
export function printableJson(json: string): string {
  return json.replace(unsafeInLines, unicodeEscape);
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : character === '\r' ? '\\r' : unicodeEscape(character);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
