import { sleep, StateError, WouldBlock } from '@tercet/core';
import { inspectAs, isError } from '@tercet/core/lowlevel';
import { FsError } from '../pool/fs-error.ts';

/**
 * The options of a lock on a file.
 *
 * @example
 * await using folder = await Path.temporary();
 * const path = folder.path.join('database');
 * await using file = await openFile(path, 'w+b');
 * using reading = await file.lock({ shared: true }); // other readers may hold one, too
 * await using second = await openFile(path, 'r+b');
 * try {
 *   using writing = await second.lock({ wait: false });
 * } catch (error) {
 *   if (!(error instanceof WouldBlock)) throw error;
 *   console.log('it is being read at the moment');
 * }
 */
export interface FileLockOptions {
  /** Whether others may hold shared locks at the same time. By default the lock is exclusive. */
  readonly shared?: boolean;
  /** Whether to wait while another lock excludes this one. True by default. */
  readonly wait?: boolean;
}

/** Makes a {@link FileLock}. @param release unlocks the file; called at most once. */
export let makeFileLock: (name: string, release: () => void) => FileLock;

/**
 * An advisory lock on an open file. Closing the file releases it, and so does the end of the process, even by a crash.
 *
 * @example
 * await using folder = await Path.temporary();
 * await using counter = await openFile(folder.path.join('counter'), 'w+');
 * {
 *   using lock = await counter.lock(); // waits for other processes that hold it
 *   const value = Number(await counter.read());
 *   await counter.seek(0);
 *   await counter.write(String(value + 1));
 *   await counter.flush();
 * } // released here
 */
export class FileLock implements Disposable {
  static {
    makeFileLock = (name, release) => new FileLock(name, release);
    inspectAs(this, (lock) => `FileLock on ${lock.#name}${lock.#release === undefined ? ', released' : ''}`);
  }

  readonly #name: string;
  /** `undefined` once the lock is released. */
  #release: (() => void) | undefined;

  private constructor(name: string, release: () => void) {
    this.#name = name;
    this.#release = release;
  }

  /** Releases the lock. Releasing it again has no effect. Not a checkpoint. */
  release(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** The functions of fs-native-extensions that this package uses. */
interface NativeLocks {
  /**
   * Returns false when another lock excludes it; on Windows it throws `EBUSY` then. A length of 0 means the whole file, however
   * large it gets.
   */
  readonly tryLock: (fd: number, offset: number, length: number, options: { readonly shared: boolean }) => boolean;
  readonly unlock: (fd: number, offset: number, length: number) => void;
}

/** The first and the longest time between two attempts, in milliseconds. The system does not report when a lock is released. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 50;
const ALL = 0;

/**
 * Locks a whole file by its descriptor. It polls: the system could wait for the lock, but such a wait cannot be cancelled and
 * occupies a thread of the pool.
 *
 * @param descriptor called before each attempt; throws when the file has been closed.
 * @returns the function that releases the lock.
 */
export async function lockDescriptor(
  name: string,
  descriptor: () => number,
  { shared = false, wait = true }: FileLockOptions,
): Promise<() => void> {
  const { tryLock, unlock } = await loadLibrary();
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const fd = descriptor();
    if (attempt(name, () => succeeds(() => tryLock(fd, ALL, ALL, { shared })))) {
      return () => attempt(name, () => unlock(fd, ALL, ALL));
    }
    if (!wait) throw new WouldBlock(`lock(): another process or file holds a lock on ${name}`);
    await sleep(pause);
  }
}

/** Whether the attempt has succeeded, in the same way on all systems. */
function succeeds(tryLock: () => boolean): boolean {
  try {
    return tryLock();
  } catch (error) {
    if (isError(error) && (error as { code?: unknown }).code === 'EBUSY') return false;
    throw error;
  }
}

const PACKAGE = 'fs-native-extensions';

async function loadLibrary(): Promise<NativeLocks> {
  try {
    // Inside `try`, bundlers do not insist that it is installed.
    // @ts-expect-error It comes without types, and users who compile these sources may not have it.
    return (await import('fs-native-extensions')) as NativeLocks;
  } catch (error) {
    if (!isMissing(error)) throw error;
    const text = `lock(): advisory locks need the package ${PACKAGE}, which is not installed: npm install ${PACKAGE}`;
    throw new StateError(text, { cause: error });
  }
}

/** Whether the package is not there. One that is there and cannot be loaded says itself what it lacks. */
function isMissing(error: unknown): boolean {
  if (!isError(error) || !error.message.includes(PACKAGE)) return false;
  const { code } = error as { readonly code?: unknown };
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}

function attempt<T>(name: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!isError(error) || typeof (error as { code?: unknown }).code !== 'string') throw error;
    throw new FsError(`lock ${name}`, Object.assign(error as Error & { code: string }, { syscall: 'lock' }));
  }
}
