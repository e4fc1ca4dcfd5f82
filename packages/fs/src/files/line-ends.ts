/**
 * The ends of lines. `any`: LF, CR LF and CR, which are not changed. `universal`: the same three, and each becomes LF when
 * read. Otherwise only the given one, and LF becomes it when written.
 *
 * @example
 * await using folder = await Path.temporary();
 * const path = folder.path.join('mixed.txt');
 * await path.writeText('one\r\ntwo\rthree\n');
 * const newline: Newline = 'universal';
 * await using file = await openFile(path, 'r', { newline });
 * await file.read(); // 'one\ntwo\nthree\n'
 */
export type Newline = 'any' | 'universal' | '\n' | '\r\n' | '\r';

/** Finds the ends of lines, in one text after the other. Texts for `universal` must have LF in place of CR already. */
export class LineEnds {
  /** Whether only LF ends lines in the current text. */
  byLF = true;
  readonly #newline: Newline;
  /**
   * The next LF and CR, for `any`: an index, or Infinity if there is none. Smaller than the start of a search if not known.
   * Kept, because a text may have many of one and few of the other.
   */
  #nextLF = -1;
  #nextCR = -1;

  constructor(newline: Newline) {
    this.#newline = newline;
  }

  /** Begins with another text. */
  turnTo(text: string): void {
    const newline = this.#newline;
    this.byLF = newline === 'any' ? !text.includes('\r') : newline === 'universal' || newline === '\n';
    this.#nextLF = this.#nextCR = -1;
  }

  /** The end of the line that begins at `at`, before its newline; -1 if there is none. */
  find(text: string, at: number): number {
    if (this.byLF) return text.indexOf('\n', at);
    if (this.#newline !== 'any') return text.indexOf(this.#newline, at);
    if (this.#nextLF < at) this.#nextLF = indexOrInfinity(text, '\n', at);
    if (this.#nextCR < at) this.#nextCR = indexOrInfinity(text, '\r', at);
    const end = Math.min(this.#nextLF, this.#nextCR);
    return end === Infinity ? -1 : end;
  }

  /** The length of the newline that `find` has found. */
  lengthAt(text: string, end: number): number {
    if (this.#newline !== 'any') return this.byLF ? 1 : this.#newline.length;
    return !this.byLF && text.startsWith('\r\n', end) ? 2 : 1;
  }
}

function indexOrInfinity(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index === -1 ? Infinity : index;
}
