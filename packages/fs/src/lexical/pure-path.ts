import { fileURLToPath } from 'node:url';
import { inspectAs } from '@tercet/core/lowlevel';
import { describeValue } from './describe-value.ts';
import { matches } from './matcher.ts';
import { format, joinParsed, parse } from './flavour.ts';
import type { Flavour, ParsedPath } from './flavour.ts';
import { fileURL } from './file-url.ts';
import { encodePath } from './path-bytes.ts';
import { posix } from './posix-flavour.ts';
import { relativePath } from './relative-path.ts';
import { windows } from './windows-flavour.ts';

/**
 * A path as an argument: a string, a path object, or a `file:` URL.
 *
 * @example
 * const sizeOf = async (path: PathLike): Promise<number> => (await new Path(path).stat()).size;
 * await using folder = await Path.temporary();
 * const file = folder.path.join('notes.txt');
 * await file.writeText('milk');
 * await sizeOf(file); // 4
 * await sizeOf(file.toURL()); // 4
 * await sizeOf(String(file)); // 4
 */
export type PathLike = string | PurePath | URL;

/** The two forms of a path. At least one is set. The other is computed on first use, because most paths never need both. */
class PathState {
  text: string | undefined;
  parsed: ParsedPath | undefined;

  constructor(text: string | undefined, parsed: ParsedPath | undefined) {
    this.text = text;
    this.parsed = parsed;
  }
}

/**
 * The lexical half of a path: everything that needs no access to the disk. Immutable and synchronous, with the rules and
 * results of Python's pathlib.
 *
 * {@link Path} has the rules of the system it runs on. {@link PurePosixPath} and {@link PureWindowsPath} have the same rules
 * on every system.
 *
 * @example
 * const relative = (path: PurePath, base: PurePath): string =>
 *   path.isRelativeTo(base) ? path.relativeTo(base).asPosix() : path.asPosix();
 * relative(new PurePosixPath('/srv/site/index.html'), new PurePosixPath('/srv/site')); // 'index.html'
 * relative(new PureWindowsPath('C:\\site\\a\\b.html'), new PureWindowsPath('c:\\site')); // 'a/b.html'
 */
export abstract class PurePath {
  static {
    inspectAs(this, (path) => `${path.constructor.name} ${path.toString()}`);
  }

  readonly #state: PathState;

  /**
   * Joins the segments. Without segments, the path is `.`, the current directory.
   *
   * @throws {TypeError} when a segment is not a string, a path object or a `file:` URL.
   */
  constructor(...segments: readonly PathLike[]);
  constructor(...segments: readonly unknown[]) {
    const [first] = segments;
    this.#state = first instanceof PathState ? first : this.#read(segments);
  }

  /** @internal */
  protected abstract get flavour(): Flavour;

  #read(segments: readonly unknown[]): PathState {
    let parsed: ParsedPath | undefined;
    for (const segment of segments) {
      const next = this.#parse(segment);
      parsed = parsed === undefined ? next : joinParsed(this.flavour, parsed, next);
    }
    return new PathState(undefined, parsed ?? { drive: '', root: '', names: [] });
  }

  #parse(segment: unknown): ParsedPath {
    if (typeof segment === 'string') return parse(this.flavour, segment);
    if (segment instanceof PurePath) {
      return segment.flavour === this.flavour ? segment.#parsed : parse(this.flavour, segment.toString());
    }
    if (isURL(segment)) return parse(this.flavour, fileURLToPath(segment, { windows: this.flavour === windows }));
    throw new TypeError(
      `${this.constructor.name}: a path must be a string, a Path or a file: URL, not ${describeValue(segment)}`,
    );
  }

  get #parsed(): ParsedPath {
    return (this.#state.parsed ??= parse(this.flavour, this.#state.text as string));
  }

  #with(parsed: ParsedPath): this {
    return this.#make(new PathState(undefined, parsed));
  }

  #make(state: PathState): this {
    return new (this.constructor as new (state: PathState) => this)(state);
  }

  /** Another path, of the same class. */
  protected another(path: PathLike): this {
    return new (this.constructor as new (path: PathLike) => this)(path);
  }

  /** The path for a text, which must have the form of `toString`: it is not parsed. */
  protected fromText(text: string): this {
    return this.#make(new PathState(text, undefined));
  }

  /** The text, with the separators of the system: `src/index.ts`. */
  toString(): string {
    return (this.#state.text ??= format(this.flavour, this.#parsed));
  }

  toJSON(): string {
    return this.toString();
  }

  /** The text with `/` between the names, even on Windows. */
  asPosix(): string {
    return this.toString().replaceAll(this.flavour.separator, '/');
  }

  /** The bytes of the path on a POSIX system. They are UTF-8, except for names that are not. */
  toBytes(): Uint8Array {
    return encodePath(this.toString());
  }

  /** The path as a `file:` URL. @throws {RangeError} when it is relative. */
  toURL(): URL {
    if (!this.isAbsolute()) {
      throw new RangeError(
        `toURL(): ${this.toString()} is relative, and only absolute paths have a URL; resolve() it first`,
      );
    }
    return fileURL(this.drive, this.asPosix().slice(this.drive.length));
  }

  /** The anchor, if there is one, and the names: `['/', 'usr', 'bin']`. */
  get parts(): readonly string[] {
    const { anchor } = this;
    return anchor === '' ? this.#parsed.names.slice() : [anchor, ...this.#parsed.names];
  }

  /** `C:` or `\\server\share` on Windows; empty elsewhere. */
  get drive(): string {
    return this.#parsed.drive;
  }

  /** The separator at the beginning; empty if there is none. */
  get root(): string {
    return this.#parsed.root;
  }

  /** Drive and root. */
  get anchor(): string {
    return this.#parsed.drive + this.#parsed.root;
  }

  /** The path without its last name. The parent of an anchor, or of `.`, is the path itself. */
  get parent(): this {
    const { drive, root, names } = this.#parsed;
    return names.length === 0 ? this : this.#with({ drive, root, names: names.slice(0, -1) });
  }

  /** The parent, its parent, and so on. */
  get parents(): readonly this[] {
    const parents: this[] = [];
    for (let path = this as this; path.#parsed.names.length > 0;) parents.push((path = path.parent));
    return parents;
  }

  /** The last name; empty if there is none. */
  get name(): string {
    return this.#parsed.names.at(-1) ?? '';
  }

  /** The end of the name from its last dot on, such as `.gz`; empty if there is none. */
  get suffix(): string {
    const { name } = this;
    return name.slice(this.stem.length);
  }

  /** All suffixes of the name, such as `['.tar', '.gz']`. */
  get suffixes(): readonly string[] {
    const { name } = this;
    if (name.endsWith('.')) return [];
    return name
      .replace(/^\.+/, '')
      .split('.')
      .slice(1)
      .map((suffix) => `.${suffix}`);
  }

  /** The name without its suffix. */
  get stem(): string {
    const { name } = this;
    const dot = name.lastIndexOf('.');
    return dot > 0 && dot < name.length - 1 ? name.slice(0, dot) : name;
  }

  /** Whether the path has a root, and on Windows a drive as well. */
  isAbsolute(): boolean {
    return this.root !== '' && (this.flavour === posix || this.drive !== '');
  }

  /** Appends segments. An absolute segment replaces everything before it. */
  join(...segments: readonly PathLike[]): this {
    let parsed = this.#parsed;
    for (const segment of segments) parsed = joinParsed(this.flavour, parsed, this.#parse(segment));
    return this.#with(parsed);
  }

  /** The path with another last name. @throws {RangeError} when the path has no name, or the new one is not a name. */
  withName(name: string): this {
    const { drive, root, names } = this.#parsed;
    if (names.length === 0) throw new RangeError(`withName(): ${this.toString()} has no name to replace`);
    const parsed = parse(this.flavour, name);
    if (parsed.drive !== '' || parsed.root !== '' || parsed.names.length !== 1 || parsed.names[0] !== name) {
      throw new RangeError(`withName(): ${JSON.stringify(name)} is not a name`);
    }
    return this.#with({ drive, root, names: [...names.slice(0, -1), name] });
  }

  /** The path with another name before its suffix. @throws {RangeError} as `withName` does. */
  withStem(stem: string): this {
    return this.withName(stem + this.suffix);
  }

  /**
   * The path with another suffix. A name without a suffix gets one; an empty suffix removes it.
   *
   * @throws {RangeError} when the path has no name, or the suffix does not begin with a dot.
   */
  withSuffix(suffix: string): this {
    if (suffix !== '' && (!/^\.[^]/.test(suffix) || this.flavour.normalise(suffix).includes(this.flavour.separator))) {
      throw new RangeError(
        `withSuffix(): ${JSON.stringify(suffix)} is not a suffix; a suffix begins with a dot, such as ".txt"`,
      );
    }
    const { drive, root, names } = this.#parsed;
    if (names.length === 0) throw new RangeError(`withSuffix(): ${this.toString()} has no name`);
    return this.#with({ drive, root, names: [...names.slice(0, -1), this.stem + suffix] });
  }

  /**
   * This path relative to `other`.
   *
   * @param options `walkUp` allows the result to begin with `..`.
   * @throws {RangeError} when this path is not below `other`.
   */
  relativeTo(other: PathLike, options?: { readonly walkUp?: boolean }): this {
    const way = relativePath(this.flavour, this.#parse(other), this.#parsed, options?.walkUp === true);
    if (way !== undefined) return this.#with(way);
    throw new RangeError(`relativeTo(): ${this.toString()} is not below ${String(other)}`);
  }

  /** Whether this path is `other`, or is below it. */
  isRelativeTo(other: PathLike): boolean {
    return relativePath(this.flavour, this.#parse(other), this.#parsed, false) !== undefined;
  }

  /**
   * Whether the path matches a pattern such as `*.ts` or `src/*.{ts,js}`; `**` matches any number of names. A relative
   * pattern is compared with the end of the path, an absolute one with the whole path. Wildcards match hidden names.
   * Windows paths ignore case.
   *
   * @throws {RangeError} when the pattern is empty, or its braces stand for more than 1,000 patterns.
   */
  match(pattern: string): boolean {
    const wanted = parse(this.flavour, pattern);
    if (wanted.names.length === 0 && wanted.root === '' && wanted.drive === '') {
      throw new RangeError('match(): the pattern is empty');
    }
    const { fold } = this.flavour;
    if (wanted.drive !== '' && fold(wanted.drive) !== fold(this.drive)) return false;
    if (wanted.root !== '' && wanted.root !== this.root) return false;
    const anchored = wanted.drive !== '' || wanted.root !== '';
    return matches(wanted.names, this.#parsed.names, { anchored, ignoreCase: this.flavour === windows });
  }

  /** Whether both paths have the same text. Windows paths ignore case. */
  equals(other: PurePath): boolean {
    return other instanceof PurePath && other.flavour === this.flavour && other.key === this.key;
  }

  /** A string that is the same for equal paths: for use as a key in a `Map` or `Set`. */
  get key(): string {
    return this.flavour.fold(this.toString());
  }
}

function isURL(value: unknown): value is URL {
  return typeof value === 'object' && value !== null && typeof (value as URL).href === 'string' && 'protocol' in value;
}
