/**
 * Whether a value carries a brand: the way in which the classes of all copies of this library, and of all realms, know
 * each other. Never throws: what cannot be asked, such as a revoked proxy, does not carry it.
 */
export function hasBrand(value: unknown, brand: symbol): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return (value as Record<symbol, unknown>)[brand] === true;
  } catch {
    return false;
  }
}
