/** The name of a function as people wrote it; `''` when it has none. Never throws: anything may stand in its place. */
export function nameOf(fn: object): string {
  try {
    const { name } = fn as { readonly name?: unknown };
    if (typeof name === 'string') return name.startsWith('bound ') ? name.replace(/^(bound )+/, '') : name;
    return typeof name === 'number' || typeof name === 'bigint' || typeof name === 'symbol' ? String(name) : '';
  } catch {
    return '';
  }
}
