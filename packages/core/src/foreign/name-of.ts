/** The name of a function as it was written; `''` when it has none. Never throws: `name` may be any value. */
export function nameOf(fn: object): string {
  try {
    const { name } = fn as { readonly name?: unknown };
    if (typeof name === 'string') return name.startsWith('bound ') ? name.replace(/^(bound )+/, '') : name;
    return typeof name === 'number' || typeof name === 'bigint' || typeof name === 'symbol' ? String(name) : '';
  } catch {
    return '';
  }
}
