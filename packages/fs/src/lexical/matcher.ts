import { Minimatch } from 'minimatch';

/** How a pattern is compared with a path. */
export interface MatcherOptions {
  /** Whether names that begin with a dot match wildcards; by default they do. */
  readonly dot?: boolean;
  readonly ignoreCase?: boolean;
}

/**
 * Compiles a pattern of `*`, `?`, `[…]`, `**`, `{a,b}` and `+(a|b)`. What it is compared with has `/` between its names.
 * Negation and comments are not part of a pattern: who has several of them decides what to leave out.
 *
 * @throws {TypeError} when the pattern is not text, or longer than 64 KiB.
 */
export function compile(pattern: string, options: MatcherOptions = {}): Minimatch {
  return new Minimatch(pattern, {
    dot: options.dot ?? true,
    nocase: options.ignoreCase ?? false,
    nonegate: true,
    nocomment: true,
    // Names are joined with `/` everywhere, and `..` is never resolved: the name before it may be a symbolic link.
    platform: 'linux',
    optimizationLevel: 0,
  });
}

/** Whether the names of a path match those of a pattern: all of them, or, unless it is anchored, the last ones. */
export function matches(
  pattern: readonly string[],
  names: readonly string[],
  options: { readonly anchored: boolean; readonly ignoreCase: boolean },
): boolean {
  if (pattern.length === 0) return names.length === 0;
  const text = pattern.join('/');
  return compile(options.anchored ? text : `**/${text}`, { ignoreCase: options.ignoreCase }).match(names.join('/'));
}
