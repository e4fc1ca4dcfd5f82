import { fileURLToPath } from 'node:url';
import { inspectAs } from '@tercet/core/lowlevel';
import { matches } from './matcher.ts';
import { format, joinParsed, parse } from './flavour.ts';
import type { Flavour, ParsedPath } from './flavour.ts';
import { fileURL } from './file-url.ts';
import { encodePath } from './path-bytes.ts';
import { posix } from './posix-flavour.ts';
import { relativePath } from './relative-path.ts';
import { windows } from './windows-flavour.ts';

/** What stands for a path: text, a path object, or a `file:` URL. */
export type PathLike = string | PurePath | URL;

// A path is made far more often than taken apart, so each of the two forms is made from the other when first asked for.
class PathState {
  text: string | undefined;
  parsed: ParsedPath | undefined;

  constructor(text: string | undefined, parsed: ParsedPath | undefined) {
    this.text = text;
    this.parsed = parsed;
  }
}

/**
 * The lexical half of a path: what can be said without looking at the disk. Immutable, synchronous, with the rules and
 * the results of Python's pathlib.
 *
 * {@link Path} has the rules of the system it runs on; {@link PurePosixPath} and {@link PureWindowsPath} have theirs
 * everywhere.
 */
export abstract class PurePath {
  static {
    inspectAs(this, (path) => `${path.constructor.name} ${path.toString()}`);
  }

  readonly #state: PathState;

  /**
   * Joins the segments; without any it is the current directory, `.`.
   *
   * @throws {TypeError} when a segment is neither text, nor a path, nor a `file:` URL.
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
    throw new TypeError(`${this.constructor.name}: a path is text, a Path or a file: URL, not ${describe(segment)}`);
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

  /** Some other path, of the same class. */
  protected another(path: PathLike): this {
    return new (this.constructor as new (path: PathLike) => this)(path);
  }

  /** The path of that text, which has the form that `toString` gives: nothing is checked. */
  protected fromText(text: string): this {
    return this.#make(new PathState(text, undefined));
  }

  /** The text, in the form the system likes: `src/index.ts`. */
  toString(): string {
    return (this.#state.text ??= format(this.flavour, this.#parsed));
  }

  toJSON(): string {
    return this.toString();
  }

  /** The text with `/` between the names, on Windows too. */
  asPosix(): string {
    return this.toString().replaceAll(this.flavour.separator, '/');
  }

  /** The bytes by which a POSIX system knows the path: UTF-8, but for names that are not. */
  toBytes(): Uint8Array {
    return encodePath(this.toString());
  }

  /** The path as a `file:` URL. @throws {RangeError} when it is relative. */
  toURL(): URL {
    if (!this.isAbsolute()) {
      throw new RangeError(`toURL(): a relative path has no URL: ${this.toString()}; resolve() it`);
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

  /** The separator at the start, or empty. */
  get root(): string {
    return this.#parsed.root;
  }

  /** Drive and root. */
  get anchor(): string {
    return this.#parsed.drive + this.#parsed.root;
  }

  /** The path without its last name; of an anchor, and of `.`, itself. */
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

  /** The last name, or empty. */
  get name(): string {
    return this.#parsed.names.at(-1) ?? '';
  }

  /** The end of the name from its last dot on: `.gz`; empty where there is none. */
  get suffix(): string {
    const { name } = this;
    return name.slice(this.stem.length);
  }

  /** All of them: `['.tar', '.gz']`. */
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

  /** Whether it has a root, and on Windows a drive too. */
  isAbsolute(): boolean {
    return this.root !== '' && (this.flavour === posix || this.drive !== '');
  }

  /** The path with more behind it; a segment that is absolute takes the place of all before it. */
  join(...segments: readonly PathLike[]): this {
    let parsed = this.#parsed;
    for (const segment of segments) parsed = joinParsed(this.flavour, parsed, this.#parse(segment));
    return this.#with(parsed);
  }

  /** The path with another last name. @throws {RangeError} when it has none, or the new one is not a name. */
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
   * The path with another suffix, or with one more if it has none; an empty one takes it away.
   *
   * @throws {RangeError} when it has no name, or the suffix does not begin with a dot.
   */
  withSuffix(suffix: string): this {
    if (suffix !== '' && (!/^\.[^]/.test(suffix) || this.flavour.normalise(suffix).includes(this.flavour.separator))) {
      throw new RangeError(
        `withSuffix(): ${JSON.stringify(suffix)} is not a suffix; a suffix begins with a dot: ".txt"`,
      );
    }
    const { drive, root, names } = this.#parsed;
    if (names.length === 0) throw new RangeError(`withSuffix(): ${this.toString()} has no name`);
    return this.#with({ drive, root, names: [...names.slice(0, -1), this.stem + suffix] });
  }

  /**
   * The way from `other` to this path.
   *
   * @param options `walkUp` allows `..` in it.
   * @throws {RangeError} when this path does not lie below `other`.
   */
  relativeTo(other: PathLike, options?: { readonly walkUp?: boolean }): this {
    const way = relativePath(this.flavour, this.#parse(other), this.#parsed, options?.walkUp === true);
    if (way !== undefined) return this.#with(way);
    throw new RangeError(`relativeTo(): ${this.toString()} does not lie below ${String(other)}`);
  }

  /** Whether it lies below `other`, or is it. */
  isRelativeTo(other: PathLike): boolean {
    return relativePath(this.flavour, this.#parse(other), this.#parsed, false) !== undefined;
  }

  /**
   * Whether the path matches a pattern such as `*.ts` or `src/*.{ts,js}`; `**` stands for any number of names. A relative pattern is compared from the
   * end of the path, an absolute one with all of it. Hidden names match like any other, case counts as it does on the
   * system.
   *
   * @throws {RangeError} when the pattern is empty.
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

  /** Whether both are the same path by their text; on Windows case does not count. */
  equals(other: PurePath): boolean {
    return other instanceof PurePath && other.flavour === this.flavour && other.key === this.key;
  }

  /** A text that equal paths share: for the keys of a `Map` or a `Set`. */
  get key(): string {
    return this.flavour.fold(this.toString());
  }
}

/** The lexical half of a path on Linux, macOS and their kin, whatever system this is. */
export class PurePosixPath extends PurePath {
  /** @internal */
  protected override get flavour(): Flavour {
    return posix;
  }
}

/** The lexical half of a path on Windows, whatever system this is. */
export class PureWindowsPath extends PurePath {
  /** @internal */
  protected override get flavour(): Flavour {
    return windows;
  }
}

function isURL(value: unknown): value is URL {
  return typeof value === 'object' && value !== null && typeof (value as URL).href === 'string' && 'protocol' in value;
}

function describe(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? (value.constructor?.name ?? 'an object') : typeof value;
}
