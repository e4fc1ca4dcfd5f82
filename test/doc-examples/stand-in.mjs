import { readFileSync } from 'node:fs';

/** Thrown by a stand-in that has been used very often: by a loop that would never end. */
export class Enough extends Error {}

const certificates = new URL('../../apps/demo/test/certificates/', import.meta.url);

/** Names for which not everything will do. */
const props = {
  url: 'data:text/plain,hello',
  key: readFileSync(new URL('server.key', certificates), 'utf8'),
  cert: readFileSync(new URL('server.crt', certificates), 'utf8'),
};

/** @returns an object that can be called, awaited, iterated over and read from, for a name that an example leaves open. */
export function standIn(name) {
  if (Object.hasOwn(props, name)) return props[name];
  let uses = 0;
  const use = (value) => {
    if (++uses > 500) throw new Enough();
    return value;
  };
  const proxy = new Proxy(function standIn() {}, {
    apply: () => use(proxy),
    construct: () => use(proxy),
    get(_, key) {
      // Not a promise, not a class, and not an object of Tercet.
      if (key === 'then' || key === 'toJSON' || key === 'constructor' || key === 'kind') return undefined;
      if (key === Symbol.toPrimitive) return (hint) => (hint === 'number' ? 1 : 'stand-in');
      if (key === Symbol.iterator) return () => [1].values();
      if (key === Symbol.asyncIterator) {
        return async function* () {
          yield 1;
        };
      }
      if (key === Symbol.dispose || key === Symbol.asyncDispose) return () => undefined;
      return typeof key === 'symbol' ? undefined : use(proxy);
    },
    set: () => true,
  });
  return proxy;
}
