/** How long a soak must last for its heap to be judged, in seconds. In a shorter one most of the growth is code being compiled. */
const LONG_ENOUGH = 30;

/**
 * Says by how much the heap has grown, if by more than is allowed. The first third of the figures is left out: code is compiled
 * and caches fill.
 *
 * @param heap sizes in KiB, taken at equal intervals after a collection.
 * @param allowed KiB.
 * @param seconds how long the soak has lasted.
 */
export function growth(heap, allowed, seconds) {
  if (seconds < LONG_ENOUGH) return undefined;
  const third = Math.floor(heap.length / 3);
  const grown = Math.min(...heap.slice(2 * third)) - Math.min(...heap.slice(third, 2 * third));
  return grown > allowed ? `the heap has grown by ${grown} KiB` : undefined;
}
