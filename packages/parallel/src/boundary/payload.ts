import { transfersOf } from './transfer.ts';
import type { Transferable } from './transfer.ts';

/** Where something is inside a value: keys of objects and of maps, indexes of arrays. */
export type Path = readonly unknown[];

/** The facts about a value that crosses which a structured clone does not keep. */
export interface Payload {
  /** The objects that are moved. */
  readonly transfers: Transferable[];
  /** Where buffers of Node are, which arrive as plain `Uint8Array`s between threads. */
  readonly buffers: Path[];
}

/**
 * Looks through arguments or a result, before they are cloned. A clone costs far more, so this is paid by what it looks at.
 *
 * @returns `undefined` when there is nothing special in it.
 */
export function payloadOf(value: unknown): Payload | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const walk = new Walk();
  walk.visit(value, []);
  return walk.transfers.length === 0 && walk.buffers.length === 0 ? undefined : walk;
}

class Walk implements Payload {
  readonly transfers: Transferable[] = [];
  readonly buffers: Path[] = [];
  #seen: Set<object> | undefined = undefined;

  visit(value: object, path: Path): void {
    const transfers = transfersOf(value);
    if (transfers !== undefined) this.transfers.push(...transfers);
    if (ArrayBuffer.isView(value)) {
      if (Buffer.isBuffer(value)) this.buffers.push(path);
      return;
    }
    // An array of plain values, as most arguments are, needs no set.
    if (Array.isArray(value)) return this.#entries(value, value.entries(), path);
    if (value instanceof Map) return this.#entries(value, value.entries(), path);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === null || Object.getPrototypeOf(prototype) === null) {
      this.#entries(value, Object.entries(value), path);
    }
  }

  #entries(container: object, entries: Iterable<[unknown, unknown]>, path: Path): void {
    for (const [key, item] of entries) {
      if (typeof item !== 'object' || item === null) continue;
      this.#seen ??= new Set([container]);
      if (this.#seen.has(item)) continue;
      this.#seen.add(item);
      this.visit(item, [...path, key]);
    }
  }
}

/** Makes buffers again of those that were. @returns the value, which is a new one where it was a buffer itself. */
export function restoreBuffers(value: unknown, paths: readonly Path[]): unknown {
  let whole = value;
  for (const path of paths) {
    if (path.length === 0) whole = toBuffer(value);
    else restoreAt(whole, path);
  }
  return whole;
}

function restoreAt(value: unknown, path: Path): void {
  let container = value;
  for (const key of path.slice(0, -1)) container = get(container, key);
  const last = path.at(-1);
  const buffer = toBuffer(get(container, last));
  if (isMap(container)) container.set(last, buffer);
  else (container as Record<PropertyKey, unknown>)[last as PropertyKey] = buffer;
}

function get(container: unknown, key: unknown): unknown {
  return isMap(container) ? container.get(key) : (container as Record<PropertyKey, unknown>)[key as PropertyKey];
}

// Of any realm.
function isMap(value: unknown): value is Map<unknown, unknown> {
  return Object.prototype.toString.call(value) === '[object Map]';
}

function toBuffer(value: unknown): unknown {
  if (!ArrayBuffer.isView(value) || Buffer.isBuffer(value)) return value;
  return Buffer.from(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
}
