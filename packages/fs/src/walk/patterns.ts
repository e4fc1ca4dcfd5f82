import { GLOBSTAR } from 'minimatch';
import type { Minimatch } from 'minimatch';
import { compile } from '../lexical/matcher.ts';
import type { MatcherOptions } from '../lexical/matcher.ts';

/** How to read the patterns of a glob: see `GlobOptions`. */
export interface PatternOptions extends MatcherOptions {
  readonly exclude?: string | readonly string[];
}

interface Pattern {
  readonly matcher: Minimatch;
  /** Whether it matches directories only: it ends with a slash. */
  readonly dirsOnly: boolean;
  /** Whether it ends with `**`, and so matches everything below a directory. */
  readonly everythingBelow: boolean;
}

/** The patterns of a glob: which paths to return, and which directories to read. */
export class Patterns {
  /** The names that all wanted paths begin with: the directory to start from. */
  readonly base: readonly string[];
  readonly #wanted: readonly Pattern[];
  readonly #unwanted: readonly Pattern[];
  /** Down to this depth there is no `**`, and links to directories are followed. */
  readonly #explicitDepth: number;

  /** @throws {RangeError} when a pattern is empty or absolute. @throws {TypeError} when it is not a string. */
  constructor(pattern: string | readonly string[], options: PatternOptions) {
    const given = [pattern].flat();
    const ignoreCase = options.ignoreCase ?? process.platform === 'win32';
    const read = (text: string): Pattern => readPattern(text, { dot: options.dot ?? true, ignoreCase });
    this.#wanted = given.filter((text) => !isNegated(text)).map(read);
    this.#unwanted = [
      ...given.filter(isNegated).map((text) => read(text.slice(1))),
      ...[options.exclude ?? []].flat().map(read),
    ];
    if (this.#wanted.length === 0) throw new RangeError('glob(): give at least one pattern that does not begin with !');
    const rows = this.#wanted.flatMap(({ matcher }) => matcher.set as readonly (readonly unknown[])[]);
    this.base = commonBase(rows);
    const last = this.#wanted.some(({ dirsOnly }) => dirsOnly) ? 0 : 1;
    const depths = rows.map((row) => (row.includes(GLOBSTAR) ? row.indexOf(GLOBSTAR) : row.length - last));
    this.#explicitDepth = Math.max(...depths);
  }

  /** Whether to return a path, given relative to the start and with `/` between its names. */
  match(path: string, isDir: boolean): boolean {
    return this.#wanted.some((each) => matchesPath(each, path, isDir)) && !this.#isUnwanted(path, isDir);
  }

  /** Whether a directory may contain wanted paths. */
  enters(path: string): boolean {
    if (!this.#wanted.some(({ matcher }) => matcher.match(path, true))) return false;
    return !this.#unwanted.some((each) => each.everythingBelow && each.matcher.match(`${path}/x`));
  }

  followsLinksAt(depth: number): boolean {
    return depth < this.#explicitDepth;
  }

  #isUnwanted(path: string, isDir: boolean): boolean {
    return this.#unwanted.some((each) => matchesPath(each, path, isDir));
  }
}

function isNegated(text: string): boolean {
  return typeof text === 'string' && text.startsWith('!') && !text.startsWith('!(');
}

function readPattern(text: string, options: MatcherOptions): Pattern {
  if (typeof text !== 'string') throw new TypeError(`glob(): a pattern must be a string, not ${typeof text}`);
  const trimmed = text.replace(/^(?:\.\/+)+/, '').replace(/\/+$/, '');
  if (trimmed === '' || text.startsWith('/') || /^[A-Za-z]:|^\\\\/.test(text)) {
    throw new RangeError(`glob(): a pattern must be relative and not empty, but is ${JSON.stringify(text)}`);
  }
  return {
    matcher: compile(trimmed, options),
    dirsOnly: text.endsWith('/'),
    everythingBelow: /(?:^|\/)\*\*$/.test(trimmed),
  };
}

function matchesPath({ matcher, dirsOnly }: Pattern, path: string, isDir: boolean): boolean {
  return (isDir || !dirsOnly) && matcher.match(path);
}

function commonBase(rows: readonly (readonly unknown[])[]): string[] {
  const base: string[] = [];
  const [first = []] = rows;
  for (let i = 0; i < first.length - 1 && typeof first[i] === 'string'; i++) {
    if (!rows.every((row) => i < row.length - 1 && row[i] === first[i])) break;
    base.push(first[i] as string);
  }
  return base;
}
