import { expect, it } from '@jest/globals';
import { printable, printableJson, printableLines, printableOutput } from '../../src/text/printable.ts';

const evil = 'a\u001b]0;EVIL\u0007\u009b2J\u007f\u202eb\u2028c\r\nd\te';
// Characters that a terminal may obey; a tab is harmless.
const obeyed = /(?![\t\n])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

it('R-13: control characters become visible', () => {
  expect(printable(evil)).toBe('a\\u001b]0;EVIL\\u0007\\u009b2J\\u007f\\u202eb\\u2028c\\r\\nd\te');
  expect(printableLines('a\u001bb\r\nc')).toBe('a\\u001bb\\r\nc');
  expect(printable('grüße, 日本語 🙂')).toBe('grüße, 日本語 🙂');
});

it('R-13: a line of output loses its colours, and other control characters become visible', () => {
  expect(printableOutput('\u001b[31mred\u001b[0m 10%\r20% \u001b')).toBe('red 10% 20% \\u001b');
});

it('R-13: JSON means the same afterwards', () => {
  const json = `${JSON.stringify({ evil })}\n`;
  const safe = printableJson(json);
  expect(JSON.parse(safe)).toEqual({ evil });
  expect([obeyed.test(json), obeyed.test(safe), safe.endsWith('}\n')]).toEqual([true, false, true]);
});
