/**
 * Which packages have to move when one of them gets a new version: itself, and by a patch each those whose range of
 * a moved one does not hold its new version.
 */
export function expectedMoves(manifests, name, version) {
  const next = new Map([[name, version]]);
  for (const [moved, to] of next) {
    for (const { name: dependent, version: from, dependencies } of manifests) {
      const range = dependencies?.[moved];
      if (range !== undefined && !next.has(dependent) && !admits(range, to)) next.set(dependent, patched(from));
    }
  }
  return new Set(next.keys());
}

/** Whether a caret range holds a version that is not older than it. */
function admits(range, version) {
  const from = range.slice(1).split('.');
  const to = version.split('.');
  const firstFree = from.findIndex((part) => part !== '0') + 1 || 3;
  return from.slice(0, firstFree).every((part, index) => part === to[index]);
}

function patched(version) {
  const [major, minor, patch] = version.split('.');
  return [major, minor, Number(patch) + 1].join('.');
}
