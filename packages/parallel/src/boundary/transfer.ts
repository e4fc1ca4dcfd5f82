import { sharedBetweenCopies } from './shared.ts';
import { isMarkedAsUntransferable } from './untransferable.ts';

/**
 * An object that can be moved to another thread: an `ArrayBuffer` (also that of a typed array), a `MessagePort`, a stream.
 *
 * @example
 * const pixels = new Uint8Array(1024);
 * const list: Transferable[] = [pixels.buffer]; // moved instead of copied: `pixels` is empty here afterwards
 * transfer(pixels, list);
 */
export type Transferable = object;

const marks = sharedBetweenCopies('transfers', () => ({
  lists: new WeakMap<object, readonly Transferable[]>(),
  /** Set when a value has been marked for the first time. Until then the search for marked values is skipped. */
  used: false,
}));

/**
 * Marks an argument, or the result of a job, so that parts of it are moved to the other thread instead of copied. This side
 * cannot use them any more then: an `ArrayBuffer` is detached. It may stand inside of other arguments. Processes share no memory,
 * so between them everything is copied.
 *
 * What has been moved to a thread is lost with it: such a call fails with a `BrokenWorkerError` when its thread ends before the
 * job has begun, where another call would run elsewhere; and `retryBroken` does not repeat it. So it is never sent ahead either.
 *
 * @param value the argument or result itself.
 * @param list what is to be moved; a part of Node's pool of small buffers cannot be moved, and is copied.
 * @returns `value`.
 * @throws {TypeError} when `value` is not an object, or `list` is not an array of objects.
 * @example
 * const zlib = remote<typeof import('node:zlib')>('node:zlib');
 * const pixels = new Uint8Array(1024 * 1024);
 * const packed = await runInWorker(zlib.deflateSync, transfer(pixels, [pixels.buffer])); // moved, not copied
 */
export function transfer<T>(value: T, list: readonly Transferable[]): T {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`transfer() takes an object and what of it is to be moved, not ${typeof value}`);
  }
  if (!Array.isArray(list) || list.some((item) => typeof item !== 'object' || item === null)) {
    throw new TypeError(
      'transfer() takes an array of the objects that are to be moved, as in transfer(data, [data.buffer])',
    );
  }
  marks.used = true;
  marks.lists.set(value, list as readonly Transferable[]);
  return value;
}

/** The objects that this value itself has been marked with. */
export function transfersOf(value: object): Transferable[] | undefined {
  const list = marks.used ? marks.lists.get(value) : undefined;
  if (list === undefined) return undefined;
  const movable = list.flatMap((item) => {
    const target = ArrayBuffer.isView(item) ? item.buffer : item;
    return isPooled(item, value, target) || target instanceof SharedArrayBuffer ? [] : [target];
  });
  return [...new Set(movable)];
}

/** A part of the pool: other buffers live in the same memory. */
function isPooled(item: object, value: object, target: object): boolean {
  if (isMarkedAsUntransferable(target)) return true;
  return [item, value].some(
    (view) => Buffer.isBuffer(view) && view.buffer === target && view.byteLength < view.buffer.byteLength,
  );
}
