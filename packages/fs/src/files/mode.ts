type Kind = 'r' | 'w' | 'a' | 'x';

/** Modes that give text. */
export type TextMode = Kind | `${Kind}+` | `${Kind}t` | `${Kind}+t` | `${Kind}t+`;

/** Modes that give bytes. */
export type BinaryMode = `${Kind}b` | `${Kind}b+` | `${Kind}+b`;

/** For a mode that is only known when the program runs: any `string`, but no literal that is not a mode. */
export type KnownMode<M extends string> = string extends M ? M : TextMode | BinaryMode;

/** A mode taken apart. */
export interface FileMode {
  readonly kind: Kind;
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
      `${operation}: ${JSON.stringify(mode)} is not a mode; a mode is one of r, w, a and x, with + for both directions and b for bytes`,
    );
  }
  const kind = parts[1] as Kind;
  const both = parts[2] !== '' || parts[4] !== '';
  return {
    kind,
    read: kind === 'r' || both,
    write: kind !== 'r' || both,
    append: kind === 'a',
    binary: parts[3] === 'b',
  };
}
