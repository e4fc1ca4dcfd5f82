/** How often the heap must have been looked at. In a shorter soak most of the growth is code being compiled. */
const ENOUGH = 25;

/**
 * Says by how much the heap has grown, if by more than is allowed. The first third of the figures is left out: code is compiled
 * and caches fill.
 *
 * @param heap sizes in KiB, taken at equal intervals after a collection.
 * @param allowed KiB.
 */
export function growth(heap, allowed) {
  if (heap.length < ENOUGH) return undefined;
  const third = Math.floor(heap.length / 3);
  const grown = Math.min(...heap.slice(2 * third)) - Math.min(...heap.slice(third, 2 * third));
  return grown > allowed ? `the heap has grown by ${grown} KiB` : undefined;
}
