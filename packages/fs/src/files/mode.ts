/** The modes of text files. */
export type TextMode = `${'r' | 'w' | 'a' | 'x'}${'' | '+' | 't' | '+t' | 't+'}`;

/** The modes of binary files. */
export type BinaryMode = `${'r' | 'w' | 'a' | 'x'}${'b' | 'b+' | '+b'}`;

/** For a mode that is known only at run time: accepts any `string`, but no literal that is not a mode. */
export type KnownMode<M extends string> = string extends M ? M : TextMode | BinaryMode;

/** A parsed mode. */
export interface FileMode {
  readonly kind: 'r' | 'w' | 'a' | 'x';
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
  readonly binary: boolean;
}

/** @throws {RangeError} when it is not a mode. */
export function parseMode(mode: string, operation: string): FileMode {
  const parts = /^([rwax])(\+?)([bt]?)(\+?)$/.exec(mode);
  if (parts === null || (parts[2] !== '' && parts[4] !== '')) {
    throw new RangeError(
      `${operation}: ${JSON.stringify(mode)} is not a mode; a mode is r, w, a or x, plus + for reading and writing, and b for bytes`,
    );
  }
  const kind = parts[1] as FileMode['kind'];
  const both = parts[2] !== '' || parts[4] !== '';
  return {
    kind,
    read: kind === 'r' || both,
    write: kind !== 'r' || both,
    append: kind === 'a',
    binary: parts[3] === 'b',
  };
}
