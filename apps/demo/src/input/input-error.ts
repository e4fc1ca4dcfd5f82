/** A spot in a job file; lines and columns count from one, as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  readonly place: Place;
  readonly text: string;
}

/** Everything that is wrong with a job file, each problem with its place and the line it stands on. */
export class InputError extends Error {
  override readonly name: string = 'InputError';
  readonly problems: readonly Problem[];

  constructor(path: string, source: string, problems: readonly Problem[]) {
    const inOrder = [...problems].sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
    const lines = source.split(/\r?\n/);
    super(inOrder.map((problem) => shown(path, lines, problem)).join('\n'));
    this.problems = inOrder;
  }
}

function shown(path: string, lines: readonly string[], { place, text }: Problem): string {
  const { line, column } = place;
  const heading = `${path}:${line}:${column}: ${text}`;
  const source = lines[line - 1] ?? '';
  // A picture helps with lines that a terminal shows in one piece; a minified file is better left to the editor.
  if (source.trim() === '' || source.length > 120) return heading;
  const gutter = String(line);
  // Tabs stay tabs, so that the caret stands below what it points at.
  const indent = source.slice(0, column - 1).replace(/[^\t]/g, ' ');
  return `${heading}\n  ${gutter} | ${source}\n  ${' '.repeat(gutter.length)} | ${indent}^`;
}
