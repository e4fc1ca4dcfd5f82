/**
 * What ends a line. `any`: LF, CR LF and CR; the text stays as it is. `universal`: the same three, and each becomes LF.
 * Or just the one given; when writing, LF becomes it.
 */
export type Newline = 'any' | 'universal' | '\n' | '\r\n' | '\r';

/** Finds where lines end in one text after the other. In `universal` ones each CR has become an LF. */
export class LineEnds {
  /** Whether LF is all that ends a line in the text at hand. */
  byLF = true;
  readonly #newline: Newline;
  /** Where the next of each is, as far as that is known: a text may have many of the one and few of the other. */
  #nextLF = -1;
  #nextCR = -1;

  constructor(newline: Newline) {
    this.#newline = newline;
  }

  /** Turns to another text. */
  turnTo(text: string): void {
    const newline = this.#newline;
    this.byLF = newline === 'any' ? !text.includes('\r') : newline === 'universal' || newline === '\n';
    this.#nextLF = this.#nextCR = -1;
  }

  /** Where the line that begins at `at` ends, before its newline; -1 when it does not. */
  find(text: string, at: number): number {
    if (this.byLF) return text.indexOf('\n', at);
    if (this.#newline !== 'any') return text.indexOf(this.#newline, at);
    if (this.#nextLF < at) this.#nextLF = indexOrInfinity(text, '\n', at);
    if (this.#nextCR < at) this.#nextCR = indexOrInfinity(text, '\r', at);
    const end = Math.min(this.#nextLF, this.#nextCR);
    return end === Infinity ? -1 : end;
  }

  /** How long the newline is that `find` has found. */
  lengthAt(text: string, end: number): number {
    if (this.#newline !== 'any') return this.byLF ? 1 : this.#newline.length;
    return !this.byLF && text.startsWith('\r\n', end) ? 2 : 1;
  }
}

function indexOrInfinity(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index === -1 ? Infinity : index;
}
