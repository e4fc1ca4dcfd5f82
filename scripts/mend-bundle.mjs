/** Improves the output of esbuild for use in a package. No line is added or removed, so source maps still lead to the right lines. */
export function mendBundle(code) {
  return withNamesOfClasses(withoutBareImports(code));
}

/**
 * esbuild lets one chunk import another only to have it run first. A package without side effects needs no order, and the
 * bundlers of its users warn that they ignore such an import.
 */
function withoutBareImports(code) {
  return code.replaceAll(/^import "[^"]+";$/gm, '');
}

/**
 * esbuild calls a class that mentions itself `_Name`, and assigns it to `var Name`. Loggers show `constructor.name`. In the class,
 * its name stands for itself as well.
 */
function withNamesOfClasses(code) {
  const names = Array.from(code.matchAll(/\bvar (\w+) = class _\1\b/g), ([, name]) => name);
  if (names.length === 0) return code;
  return code.replaceAll(new RegExp(`\\b_(${names.join('|')})\\b`, 'g'), '$1');
}
