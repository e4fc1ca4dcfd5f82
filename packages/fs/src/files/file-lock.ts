import { sleep, WouldBlock } from '@tercet/core';
import { inspectAs, isError } from '@tercet/core/lowlevel';
import { FsError } from '../pool/fs-error.ts';

/** How an open file is locked. */
export interface FileLockOptions {
  /** Whether others may hold a shared lock at the same time; by default nobody else may hold any. */
  readonly shared?: boolean;
  /** Whether to wait while somebody holds a lock that excludes this one; by default yes. */
  readonly wait?: boolean;
}

/** Makes a {@link FileLock}. @param release unlocks the file; called at most once. */
export let makeFileLock: (name: string, release: () => void) => FileLock;

/** A lock on an open file. Closing the file releases it, and so does the end of the process, however it ends. */
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

  /** Releases it; again does nothing. Not a checkpoint. */
  release(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** What is used of fs-native-extensions. */
interface NativeLocks {
  /** False when somebody else holds a lock that excludes it. A length of 0 is all of the file, however it grows. */
  readonly tryLock: (fd: number, offset: number, length: number, options: { readonly shared: boolean }) => boolean;
  readonly unlock: (fd: number, offset: number, length: number) => void;
}

/** The first and the longest time between two attempts, in milliseconds: nobody says when a lock is released. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 50;
const ALL = 0;

/**
 * Locks all of a file by its descriptor. An attempt asks the system without waiting. The system can wait, too, but then
 * nothing could be cancelled, and each waiter would occupy a thread of the pool.
 *
 * @param descriptor asked before each attempt: it throws when the file has been closed.
 * @returns what releases the lock.
 */
export async function lockDescriptor(
  name: string,
  descriptor: () => number,
  { shared = false, wait = true }: FileLockOptions,
): Promise<() => void> {
  const { tryLock, unlock } = (await loadLibrary()) as NativeLocks;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const fd = descriptor();
    if (attempt(name, () => tryLock(fd, ALL, ALL, { shared }))) {
      return () => attempt(name, () => unlock(fd, ALL, ALL));
    }
    if (!wait) throw new WouldBlock(`lock(): somebody else holds a lock on ${name}`);
    await sleep(pause);
  }
}

function loadLibrary(): Promise<unknown> {
  // @ts-expect-error It comes without types, and who compiles these sources has none for it either.
  return import('fs-native-extensions');
}

function attempt<T>(name: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!isError(error) || typeof (error as { code?: unknown }).code !== 'string') throw error;
    throw new FsError(`lock ${name}`, Object.assign(error as Error & { code: string }, { syscall: 'lock' }));
  }
}
