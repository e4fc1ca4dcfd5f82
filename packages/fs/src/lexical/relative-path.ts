import type { Flavour, ParsedPath } from './flavour.ts';

/**
 * The relative path from one path to another; `undefined` if there is none.
 *
 * @param walkUp whether the result may begin with `..`.
 */
export function relativePath(
  flavour: Flavour,
  from: ParsedPath,
  to: ParsedPath,
  walkUp: boolean,
): ParsedPath | undefined {
  const same = (one: string, other: string): boolean => flavour.fold(one) === flavour.fold(other);
  const base = comparable(from);
  const own = comparable(to);
  let shared = 0;
  while (shared < base.length && shared < own.length && same(base[shared] as string, own[shared] as string)) shared++;
  // Drive and root count as separate names: relative to a drive alone, the root is part of the path.
  const anchor = to.drive + to.root;
  if (shared === base.length && (base.length > 0 || anchor === '')) {
    const root = shared === 1 && to.root !== '' ? to.root : '';
    return { drive: '', root, names: own.slice(root === '' ? shared : shared + 1) };
  }
  const up = base.slice(shared);
  if (!walkUp || up.includes('..') || !same(from.drive + from.root, anchor)) return undefined;
  return { drive: '', root: '', names: [...up.map(() => '..'), ...own.slice(shared)] };
}

function comparable({ drive, root, names }: ParsedPath): readonly string[] {
  return root === '' ? (drive === '' ? names : [drive, ...names]) : [drive, root, ...names];
}
