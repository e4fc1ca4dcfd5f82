import { describe } from './encode-error.ts';

/**
 * The error for a value that cannot be cloned: says where in it the fault is, which the platform does not.
 *
 * @param what what the value is, in front of the path: `argument 2`.
 * @param tryClone throws when a value cannot cross.
 */
export function cloneFailure(
  what: string,
  value: unknown,
  problem: unknown,
  tryClone: (value: unknown) => void,
): TypeError {
  const found = find(value, '', tryClone, new Set());
  const place = found === undefined || found.path === '' ? what : `${what}, at ${found.path},`;
  const fault = found?.fault ?? `cannot be cloned: ${describe(problem)}`;
  return new TypeError(`${place} ${fault}`, { cause: problem });
}

interface Fault {
  readonly path: string;
  readonly fault: string;
}

function find(value: unknown, path: string, tryClone: (value: unknown) => void, seen: Set<unknown>): Fault | undefined {
  if (typeof value === 'function') return { path, fault: 'is a function' };
  if (typeof value === 'symbol') return { path, fault: 'is a symbol' };
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined;
  seen.add(value);
  const problem = problemOf(value, tryClone);
  if (problem === undefined) return undefined;
  try {
    for (const [key, item] of childrenOf(value)) {
      const inner = find(item, `${path}${key}`, tryClone, seen);
      if (inner !== undefined) return inner;
    }
  } catch (thrown) {
    return { path, fault: `cannot be read: ${describe(thrown)}` };
  }
  const isShared = Object.prototype.toString.call(value) === '[object SharedArrayBuffer]';
  if (isShared) return { path, fault: 'is a SharedArrayBuffer, which only threads can share' };
  return { path, fault: `cannot be cloned: ${describe(problem.error)}` };
}

function problemOf(value: unknown, tryClone: (value: unknown) => void): { readonly error: unknown } | undefined {
  try {
    tryClone(value);
    return undefined;
  } catch (error) {
    return { error };
  }
}

function* childrenOf(value: object): Iterable<[string, unknown]> {
  const tag = Object.prototype.toString.call(value);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield [`[${index}]`, item];
  } else if (tag === '[object Map]') {
    for (const [key, item] of value as Map<unknown, unknown>) {
      yield ['.keys()', key];
      yield [`.get(${String(key)})`, item];
    }
  } else if (tag === '[object Set]') {
    for (const item of value as Set<unknown>) yield ['.values()', item];
  } else if (ArrayBuffer.isView(value)) {
    yield ['.buffer', value.buffer];
  } else {
    for (const key of Object.keys(value)) {
      yield [/^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`, (value as Record<string, unknown>)[key]];
    }
  }
}
