import type { FeedItem } from './line-feed.ts';

// Lines go from one daemon to another as progress of a job, of which only the latest report is sure to arrive. So each one has
// the latest lines, with the number of the first, and the reader takes those that it has not had.

/** The latest lines of a job. */
export interface WindowReport {
  /** The number of the first line. */
  readonly first: number;
  readonly lines: readonly string[];
}

/** Size of the lines of one report, in UTF-16 code units. Small, because most lines are sent several times. */
const LARGEST = 32_768;

/** The latest lines that a reader can have missed. */
export class LineWindow {
  readonly #most: number;
  readonly #lines: string[] = [];
  #size = 0;
  #first = 0;

  /** @param most number of lines. */
  constructor(most: number) {
    this.#most = most;
  }

  add(item: FeedItem): void {
    if ('missed' in item) {
      // A gap: what comes before it is not sent any more, so that the numbers show how much is missing.
      this.#first += this.#lines.length + item.missed;
      this.#lines.length = 0;
      this.#size = 0;
      return;
    }
    this.#lines.push(item.line);
    this.#size += item.line.length;
    while (this.#lines.length > this.#most || (this.#size > LARGEST && this.#lines.length > 1)) {
      this.#size -= this.#lines.shift()!.length;
      this.#first++;
    }
  }

  report(): WindowReport {
    return { first: this.#first, lines: [...this.#lines] };
  }
}

/** The new part of a report. @param next the number of the line that comes next. */
export function readWindow(
  { first, lines }: WindowReport,
  next: number,
): { readonly missed: number; readonly lines: readonly string[]; readonly until: number } {
  return {
    missed: Math.max(0, first - next),
    lines: lines.slice(Math.max(0, next - first)),
    until: Math.max(next, first + lines.length),
  };
}
