/** A path taken apart: drive and root form its anchor, the names follow. */
export interface ParsedPath {
  /** `C:` or `\\server\share` on Windows; empty on POSIX. */
  readonly drive: string;
  /** The separator after the drive, when the path is anchored there; `//` is a root of its own on POSIX. */
  readonly root: string;
  /** The names in order, without empty ones and without `.`. */
  readonly names: readonly string[];
}

/** The rules by which one family of systems reads a path. */
export interface Flavour {
  readonly name: 'posix' | 'windows';
  readonly separator: string;
  /** Gives the text separators of one kind. */
  normalise(text: string): string;
  /** Takes the anchor off a normalised text. */
  splitRoot(text: string): { readonly drive: string; readonly root: string; readonly rest: string };
  /** What is compared: names differ by case on POSIX and do not on Windows. */
  fold(this: void, text: string): string;
}

/**
 * Takes a text apart.
 *
 * The rules are those of Python's pathlib: `.` and doubled separators vanish, `..` stays, because the name before it may
 * be a symbolic link.
 */
export function parse(flavour: Flavour, text: string): ParsedPath {
  const { drive, root, rest } = flavour.splitRoot(flavour.normalise(text));
  return { drive, root, names: rest.split(flavour.separator).filter(isName) };
}

const isName = (name: string): boolean => name !== '' && name !== '.';

/** Reads `next` as seen from `base`: an anchored path stands for itself, but for the drive, if it has none. */
export function joinParsed(flavour: Flavour, base: ParsedPath, next: ParsedPath): ParsedPath {
  if (next.root !== '') {
    return next.drive === '' && base.drive !== '' ? { ...next, drive: base.drive } : next;
  }
  if (next.drive !== '' && flavour.fold(next.drive) !== flavour.fold(base.drive)) return next;
  return { drive: base.drive, root: base.root, names: base.names.concat(next.names) };
}

/** The text of a path; `.` when nothing is left of it. */
export function format(flavour: Flavour, { drive, root, names }: ParsedPath): string {
  const text = names.join(flavour.separator);
  if (drive !== '' || root !== '') return drive + root + text;
  if (text === '') return '.';
  // A name such as `c:` must not be read as a drive the next time.
  return flavour.splitRoot(names[0] as string).drive === '' ? text : `.${flavour.separator}${text}`;
}
