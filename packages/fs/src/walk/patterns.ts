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
  /** It ended with a slash: it matches directories only. */
  readonly dirsOnly: boolean;
  /** It matches everything below what it matches before its last `**`. */
  readonly everythingBelow: boolean;
}

/** The patterns of a glob: which paths it wants, and which directories it has to look into. */
export class Patterns {
  /** The names that all wanted paths begin with: where to start. */
  readonly base: readonly string[];
  readonly #wanted: readonly Pattern[];
  readonly #unwanted: readonly Pattern[];
  /** Up to this depth names are given by the patterns one by one, and a link is followed like a directory. */
  readonly #explicitDepth: number;

  /** @throws {RangeError} when a pattern is empty or absolute. @throws {TypeError} when it is not text. */
  constructor(pattern: string | readonly string[], options: PatternOptions) {
    const given = [pattern].flat();
    const ignoreCase = options.ignoreCase ?? process.platform === 'win32';
    const read = (text: string): Pattern => readPattern(text, { dot: options.dot ?? true, ignoreCase });
    this.#wanted = given.filter((text) => !isNegated(text)).map(read);
    this.#unwanted = [
      ...given.filter(isNegated).map((text) => read(text.slice(1))),
      ...[options.exclude ?? []].flat().map(read),
    ];
    if (this.#wanted.length === 0) throw new RangeError('glob(): there is no pattern to look for');
    const rows = this.#wanted.flatMap(({ matcher }) => matcher.set as readonly (readonly unknown[])[]);
    this.base = commonBase(rows);
    const last = this.#wanted.some(({ dirsOnly }) => dirsOnly) ? 0 : 1;
    const depths = rows.map((row) => (row.includes(GLOBSTAR) ? row.indexOf(GLOBSTAR) : row.length - last));
    this.#explicitDepth = Math.max(...depths);
  }

  /** Whether the path, relative with `/` between its names, is wanted. */
  match(path: string, isDir: boolean): boolean {
    return this.#wanted.some((each) => matchesPath(each, path, isDir)) && !this.#isUnwanted(path, isDir);
  }

  /** Whether something wanted may be in that directory. */
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
  if (typeof text !== 'string') throw new TypeError(`glob(): a pattern is text, not ${typeof text}`);
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
