/** A parsed path: drive and root form its anchor, and the names follow. */
export interface ParsedPath {
  /** `C:` or `\\server\share` on Windows; empty on POSIX. */
  readonly drive: string;
  /** The separator after the drive, if there is one. On POSIX, `//` is a different root from `/`. */
  readonly root: string;
  /** The names in order, without empty names and `.`. */
  readonly names: readonly string[];
}

/** The rules for paths of one family of systems. */
export interface Flavour {
  readonly name: 'posix' | 'windows';
  readonly separator: string;
  /** Replaces other separators by `separator`. */
  normalise(text: string): string;
  /** Splits the anchor from a normalised text. */
  splitRoot(text: string): { readonly drive: string; readonly root: string; readonly rest: string };
  /** The form in which names are compared: in lower case on Windows, unchanged on POSIX. */
  fold(this: void, text: string): string;
}

/**
 * Parses a path by the rules of Python's pathlib: `.` and repeated separators are removed, `..` stays, because the name
 * before it may be a symbolic link.
 */
export function parse(flavour: Flavour, text: string): ParsedPath {
  const { drive, root, rest } = flavour.splitRoot(flavour.normalise(text));
  return { drive, root, names: rest.split(flavour.separator).filter(isName) };
}

const isName = (name: string): boolean => name !== '' && name !== '.';

/** Joins two paths. If `next` has a root it replaces `base`, except for the drive if `next` has none. */
export function joinParsed(flavour: Flavour, base: ParsedPath, next: ParsedPath): ParsedPath {
  if (next.root !== '') {
    return next.drive === '' && base.drive !== '' ? { ...next, drive: base.drive } : next;
  }
  if (next.drive !== '' && flavour.fold(next.drive) !== flavour.fold(base.drive)) return next;
  return { drive: base.drive, root: base.root, names: base.names.concat(next.names) };
}

/** The text of a path; `.` for an empty path. */
export function format(flavour: Flavour, { drive, root, names }: ParsedPath): string {
  const text = names.join(flavour.separator);
  if (drive !== '' || root !== '') return drive + root + text;
  if (text === '') return '.';
  // A name such as `c:` must not be parsed as a drive later.
  return flavour.splitRoot(names[0] as string).drive === '' ? text : `.${flavour.separator}${text}`;
}
