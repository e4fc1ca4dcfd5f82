/**
 * esbuild lets one chunk import another only to have it run first. A package without side effects needs no order, and the
 * bundlers of its users warn that they ignore such an import. The line stays, so that the source map is still right.
 */
export function withoutBareImports(code) {
  return code.replaceAll(/^import "[^"]+";$/gm, '');
}
