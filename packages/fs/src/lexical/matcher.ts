import { Minimatch } from 'minimatch';

/** How to compare a pattern with a path. */
export interface MatcherOptions {
  /** Whether wildcards match names that begin with a dot. True by default. */
  readonly dot?: boolean;
  readonly ignoreCase?: boolean;
}

/** How many patterns the braces of one may stand for. Twenty-two pairs of `{a,b}` would be four million, and seconds of work. */
const MOST_ALTERNATIVES = 1000;

/**
 * Compiles a pattern of `*`, `?`, `[…]`, `**`, `{a,b}` and `+(a|b)`, for paths with `/` between the names. `!` and `#` at the
 * beginning have no special meaning here.
 *
 * @throws {TypeError} when the pattern is not a string, or is longer than 64 KiB.
 * @throws {RangeError} when its braces stand for more than 1,000 patterns.
 */
export function compile(pattern: string, options: MatcherOptions = {}): Minimatch {
  const matcher = new Minimatch(pattern, {
    dot: options.dot ?? true,
    nocase: options.ignoreCase ?? false,
    nonegate: true,
    nocomment: true,
    // Names are joined with `/` on every system, and `..` is not resolved: the name before it may be a symbolic link.
    platform: 'linux',
    optimizationLevel: 0,
    braceExpandMax: MOST_ALTERNATIVES + 1,
  });
  if (matcher.set.length <= MOST_ALTERNATIVES) return matcher;
  const shown = pattern.length > 60 ? `${pattern.slice(0, 60)}…` : pattern;
  throw new RangeError(
    `the braces of the pattern ${shown} stand for more than ${MOST_ALTERNATIVES} patterns; use fewer`,
  );
}

/** Whether the names of a path match those of a pattern. A pattern that is not anchored may match the last names only. */
export function matches(
  pattern: readonly string[],
  names: readonly string[],
  options: { readonly anchored: boolean; readonly ignoreCase: boolean },
): boolean {
  if (pattern.length === 0) return names.length === 0;
  const text = pattern.join('/');
  return compile(options.anchored ? text : `**/${text}`, { ignoreCase: options.ignoreCase }).match(names.join('/'));
}
