import { Minimatch } from 'minimatch';

/** How to compare a pattern with a path. */
export interface MatcherOptions {
  /** Whether wildcards match names that begin with a dot. True by default. */
  readonly dot?: boolean;
  readonly ignoreCase?: boolean;
}

/**
 * Compiles a pattern of `*`, `?`, `[…]`, `**`, `{a,b}` and `+(a|b)`, for paths with `/` between the names. `!` and `#` at the
 * beginning have no special meaning here.
 *
 * @throws {TypeError} when the pattern is not a string, or is longer than 64 KiB.
 */
export function compile(pattern: string, options: MatcherOptions = {}): Minimatch {
  return new Minimatch(pattern, {
    dot: options.dot ?? true,
    nocase: options.ignoreCase ?? false,
    nonegate: true,
    nocomment: true,
    // Names are joined with `/` on every system, and `..` is not resolved: the name before it may be a symbolic link.
    platform: 'linux',
    optimizationLevel: 0,
  });
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
