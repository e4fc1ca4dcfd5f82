import { printable } from '../text/printable.ts';
import { shorten } from '../text/shorten.ts';

/** A spot in a job file; lines and columns count from one, as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  readonly place: Place;
  readonly text: string;
}

/** At most this many problems of a file are shown. A daemon sends them all in one answer. */
export const mostProblems = 20;
const longestText = 500;
const longestPath = 500;

/** The problems of a file, each with its place and its line; only the first ones if there are many. */
export class InputError extends Error {
  override readonly name: string = 'InputError';
  readonly problems: readonly Problem[];

  /** @param total how many problems there are, if not all of them are given. */
  constructor(path: string, source: string, problems: readonly Problem[], total: number = problems.length) {
    const inOrder = problems
      .slice(0, mostProblems)
      .map(({ place, text }) => ({ place, text: printable(shorten(text, longestText)) }))
      .sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
    const lines = source.split(/\r?\n/);
    const name = printable(shorten(path, longestPath));
    const texts = inOrder.map((problem) => shown(name, lines, problem));
    const more = total - inOrder.length;
    if (more > 0) texts.push(`${name}: and ${more === 1 ? '1 more problem' : `${more} more problems`}`);
    super(texts.join('\n'));
    this.problems = inOrder;
  }
}

function shown(path: string, lines: readonly string[], { place, text }: Problem): string {
  const { line, column } = place;
  const heading = `${path}:${line}:${column}: ${text}`;
  const source = lines[line - 1] ?? '';
  // The line is shown only if it fits a terminal. That of a minified file does not.
  if (source.trim() === '' || source.length > 120) return heading;
  const gutter = String(line);
  // Tabs stay tabs, so that the caret stands below what it points at.
  const indent = printable(source.slice(0, column - 1)).replace(/[^\t]/g, ' ');
  return `${heading}\n  ${gutter} | ${printable(source)}\n  ${' '.repeat(gutter.length)} | ${indent}^`;
}
