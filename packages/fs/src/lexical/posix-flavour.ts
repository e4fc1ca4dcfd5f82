import type { Flavour } from './flavour.ts';

/** Linux, macOS and other POSIX systems. Exactly two slashes at the start are kept, because POSIX lets systems interpret them. */
export const posix: Flavour = {
  name: 'posix',
  separator: '/',
  normalise: (text) => text,
  splitRoot(text) {
    let slashes = 0;
    while (text.charCodeAt(slashes) === 0x2f) slashes++;
    if (slashes === 0) return { drive: '', root: '', rest: text };
    return { drive: '', root: slashes === 2 ? '//' : '/', rest: text.slice(slashes) };
  },
  fold: (text) => text,
};
