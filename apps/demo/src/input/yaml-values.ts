import { isAlias, isMap, isPair, isScalar, isSeq, Scalar, type Document, type Node, type Pair } from 'yaml';
import type { SyntaxProblem } from './json-syntax.ts';
import { RefusedText } from './yaml-document.ts';

/** At most this many values may be in a file when all its aliases are replaced by their values. */
const mostValues = 400_000;

/** Where a piece of a collection stands: offsets. */
export interface Spot {
  readonly key: number;
  readonly value: number;
}

/**
 * Makes data of a document: mappings become Maps, so that all names are equal (`constructor`, `__proto__`, `10`) and
 * their order is that of the file; lists become arrays. Two aliases of one anchor give the same object.
 *
 * All in one pass over the tree: the values, keys that are given twice, aliases, and where everything stands. The
 * library's own functions for these look at all keys for each key, and at all aliases for each alias.
 */
export class YamlValues {
  readonly value: unknown;
  /** The offset at which it begins. */
  readonly start: number;
  readonly problems: SyntaxProblem[] = [];
  readonly #lineAt: (offset: number) => number;
  readonly #spots = new Map<object, Map<PropertyKey, Spot>>();
  /** The value of each anchor, which holds until the anchor is defined again. */
  readonly #anchors = new Map<string, Anchored>();
  #size = 0;

  constructor(document: Document, lineAt: (offset: number) => number) {
    this.#lineAt = lineAt;
    this.start = startOf(document.contents);
    this.value = this.#read(document.contents);
  }

  /** Where the value stands that `key` leads to in a Map or an array of this data. */
  spotOf(collection: unknown, key: PropertyKey): Spot | undefined {
    return this.#spots.get(collection as object)?.get(key);
  }

  #read(node: unknown): unknown {
    if (isAlias(node)) return this.#follow(node.source, startOf(node));
    this.#grow(1, startOf(node));
    if (!isMap(node) && !isSeq(node)) {
      const value = isScalar(node) ? node.value : null;
      this.#remember(node, { value, size: 1 });
      return value;
    }
    const anchored: Anchored = { value: isMap(node) ? new Map<string, unknown>() : [], size: undefined };
    this.#remember(node, anchored);
    const before = this.#size;
    if (isMap(node)) this.#fillMap(anchored.value as Map<string, unknown>, node.items);
    else this.#fillList(anchored.value as unknown[], node.items);
    anchored.size = this.#size - before + 1;
    return anchored.value;
  }

  #remember(node: unknown, anchored: Anchored): void {
    const name = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (name !== undefined) this.#anchors.set(name, anchored);
  }

  #follow(name: string, offset: number): unknown {
    const anchored = this.#anchors.get(name);
    if (anchored === undefined) {
      return this.#fail(offset, `Unresolved alias (the anchor must be set before the alias): ${name}`);
    }
    if (anchored.size === undefined) return this.#fail(offset, `the alias ${name} stands in what it stands for`);
    this.#grow(anchored.size, offset);
    return anchored.value;
  }

  /** Counts the values behind an alias. The data does not grow, but code that walks through it meets all of them. */
  #grow(size: number, offset: number): void {
    this.#size += size;
    if (this.#size <= mostValues) return;
    const text = `more than ${mostValues} values, with all that aliases stand for, look like a resource exhaustion attack`;
    throw new RefusedText({ offset, text });
  }

  #fillList(list: unknown[], items: readonly unknown[]): void {
    const spots = new Map<PropertyKey, Spot>();
    this.#spots.set(list, spots);
    for (const item of items) {
      const start = startOf(item);
      spots.set(list.length, { key: start, value: start });
      // In a list of pairs, `- ? a`, each one is a mapping; the library has made one of it.
      list.push(isPair(item) ? null : this.#read(item));
    }
  }

  #fillMap(map: Map<string, unknown>, pairs: readonly Pair[]): void {
    const spots = new Map<PropertyKey, Spot>();
    this.#spots.set(map, spots);
    const merged = new Set<string>();
    for (const { key, value } of pairs) {
      if (isMergeKey(key)) {
        this.#merge(map, spots, merged, value);
        continue;
      }
      const name = isScalar(key) ? String(key.value) : '';
      const keyStart = startOf(key);
      const first = spots.get(name);
      if (first !== undefined && !merged.delete(name)) {
        this.#fail(keyStart, `"${name}" is given twice, first in line ${this.#lineAt(first.key)}`);
      }
      // `key:` with nothing behind it has no value that would stand anywhere.
      spots.set(name, { key: keyStart, value: hasRange(value) ? startOf(value) : keyStart });
      map.set(name, this.#read(value));
    }
  }

  /** Adds the pairs of one or several mappings, except for keys that exist already. Later pairs may replace them. */
  #merge(map: Map<string, unknown>, spots: Map<PropertyKey, Spot>, merged: Set<string>, node: unknown): void {
    const offset = startOf(node);
    const source = this.#read(node);
    for (const one of Array.isArray(source) ? (source as unknown[]) : [source]) {
      if (!(one instanceof Map)) {
        this.#fail(offset, 'Merge sources must be maps or map aliases');
        continue;
      }
      this.#grow(one.size, offset);
      for (const [name, value] of one as Map<string, unknown>) {
        if (map.has(name)) continue;
        const spot = this.spotOf(one, name);
        if (spot === undefined) continue;
        map.set(name, value);
        spots.set(name, spot);
        merged.add(name);
      }
    }
  }

  #fail(offset: number, text: string): undefined {
    this.problems.push({ offset, text });
  }
}

interface Anchored {
  readonly value: unknown;
  /** How many values it is made of; not known before its end. */
  size: number | undefined;
}

function isMergeKey(key: unknown): boolean {
  if (!isScalar(key) || (key.type !== undefined && key.type !== Scalar.PLAIN)) return false;
  return key.value === '<<' || (typeof key.value === 'symbol' && key.value.description === '<<');
}

function hasRange(node: unknown): node is Node {
  return (isScalar(node) || isAlias(node) || isMap(node) || isSeq(node)) && node.range != null;
}

function startOf(node: unknown): number {
  return hasRange(node) ? (node.range?.[0] ?? 0) : 0;
}
