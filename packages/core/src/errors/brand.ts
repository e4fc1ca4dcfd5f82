/**
 * Whether a value carries a brand, a property with this symbol. Brands identify classes across copies of this library and
 * across realms, where `instanceof` fails. Never throws: a value that cannot be read, such as a revoked proxy, has no brand.
 */
export function hasBrand(value: unknown, brand: symbol): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return (value as Record<symbol, unknown>)[brand] === true;
  } catch {
    return false;
  }
}
