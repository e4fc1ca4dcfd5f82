// The tricks that are weighed, each with the change to a source that takes it away.

/** @type {Record<string, { readonly file: string, readonly from: string, readonly to: string }[]>} */
export const TRICKS = {
  'context maps': [
    {
      file: 'core/src/undocumented/contexts.ts',
      from: "environment('TERCET_DOCUMENTED_ONLY') === '1'",
      to: 'true',
    },
  ],
  'sockets of accepted handles': [
    { file: 'net/src/undocumented/take-connections.ts', from: 'return !isDocumentedOnly() &&', to: 'return false &&' },
  ],
  'TLS on the socket': [
    { file: 'net/src/undocumented/tls-probe.ts', from: 'if (isDocumentedOnly()) return', to: 'return' },
  ],
  "a child's pipe moved to another socket": [
    {
      file: 'proc/src/undocumented/take-over-pipe.ts',
      from: 'if (documentedOnly) return undefined;',
      to: 'return undefined;',
    },
  ],
  'ballast, and memory that malloc keeps': [
    { file: 'streams/src/memory/ballast.ts', from: 'withoutBallast += size;', to: 'if (size >= 0) return;' },
  ],
  'where in a page memory begins': [
    { file: 'streams/src/memory/memory-to-read-into.ts', from: 'const BEFORE = 48;', to: 'const BEFORE = 0;' },
  ],
};
