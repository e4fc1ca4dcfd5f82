import { suspend } from '@tercet/core/lowlevel';
import type { CapacityLimiter } from '@tercet/sync';
import type { Waker } from '@tercet/core/lowlevel';
import { fixedAt } from '../operations/absolute-text.ts';
import { childText } from '../lexical/child-text.ts';
import { isAbsent } from '../operations/operate.ts';
import { explain, FsError } from '../pool/fs-error.ts';
import { poolLimiter } from '../pool/pool-limiter.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { inPool } from '../pool/in-pool.ts';
import type { Done } from '../pool/in-pool.ts';
import { poolLoop } from '../pool/pool-loop.ts';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import { listDirectory } from './list-directory.ts';
import type { Listing } from './list-directory.ts';

/** The common options of `walk` and `glob`. */
export interface TreeOptions extends ThreadPoolOptions {
  readonly followSymlinks?: boolean;
  readonly onError?: (error: FsError) => void;
}

/** How many directories are read at a time. */
const IN_FLIGHT = 16;
/**
 * How many directories may be read before the consumer asks for them. Far more than `IN_FLIGHT`: siblings of a directory wait
 * until everything in it has been returned, and must not keep its entries from being read ahead (benchmark `walk`).
 */
const AHEAD = 64;

/** A directory of a tree that is being walked. */
export class TreeNode {
  readonly path: string;
  readonly parent: TreeNode | undefined;
  /** Whether links in it are followed. */
  readonly follow: boolean;
  state: 'new' | 'pending' | 'read' | 'failed' = 'new';
  /** Set when `state` is `'read'`. */
  listing: Listing | undefined = undefined;
  /** Set when `state` is `'failed'`. */
  error: unknown = undefined;
  /** Whether the directories in it have been pushed on the consumer's stack. */
  entered = false;
  /** The directories in it, once any of them has been considered for reading ahead. */
  children: TreeNode[] | undefined = undefined;

  constructor(path: string, parent: TreeNode | undefined, follow: boolean) {
    this.path = path;
    this.parent = parent;
    this.follow = follow;
  }

  /** Makes the node of a directory in it. */
  child(name: string): TreeNode {
    return new TreeNode(childText(this.path, name), this, this.follow);
  }

  /** Whether it is the same directory as one above it, reached through a link. */
  get isLoop(): boolean {
    const identity = this.listing?.identity;
    if (identity === undefined) return false;
    for (let above = this.parent; above !== undefined; above = above.parent) {
      if (above.listing?.identity === identity) return true;
    }
    return false;
  }
}

/**
 * Reads the directories of a tree, several at a time: while the consumer works on one, the next ones are read. Reading ahead
 * uses only free tokens of the limiter, and never waits for one.
 */
export class TreeReader {
  readonly #options: TreeOptions;
  /** Makes a path absolute, by the working directory at the beginning. */
  readonly #toAbsolute: (path: string) => string;
  readonly #missingRootOk: boolean;
  #limiter: CapacityLimiter | undefined = undefined;
  /** The directories that the consumer will ask for, the next one last. Empty at the end, so that nothing more is read. */
  #stack: readonly TreeNode[] = [];
  #deep = false;
  /** The number of pending reads ahead. */
  #inFlight = 0;
  /** The number of directories read ahead, or being read, that the consumer has not asked for. */
  #ahead = 0;
  /** The directory that the waiting task needs; `undefined` if it waits until nothing is pending. */
  #wanted: TreeNode | undefined = undefined;
  #waker: Waker<void> | undefined = undefined;

  /** @param missingRootOk whether the root may be missing. */
  constructor(root: string, options: TreeOptions, missingRootOk = false) {
    this.#toAbsolute = fixedAt(root);
    this.#options = options;
    this.#missingRootOk = missingRootOk;
  }

  /**
   * Begins to read the directories at the end of the stack, as far as there is room, and continues as reads end. To be called
   * from a task.
   *
   * @param deep whether to read directories inside those that were read ahead, too.
   */
  readAhead(stack: readonly TreeNode[], deep: boolean): void {
    this.#limiter ??= poolLimiter(this.#options);
    this.#stack = stack;
    this.#deep = deep;
    this.#refill();
  }

  // Starts many reads at once, because waking an idle thread of the pool costs as much as reading a small directory.
  #refill(): void {
    if (this.#inFlight > IN_FLIGHT / 2 || this.#ahead >= AHEAD) return;
    const stack = this.#stack;
    const lowest = Math.max(0, stack.length - 2 * AHEAD);
    for (let i = stack.length - 1; i >= lowest && this.#fill(stack[i] as TreeNode); i--);
  }

  /**
   * Begins to read a directory and, if `#deep`, those in it, in the order in which the consumer will ask for them.
   *
   * @returns whether there is room for more.
   */
  #fill(node: TreeNode): boolean {
    if (node.state === 'new') {
      if ((this.#limiter as CapacityLimiter).availableTokens <= 0) return false;
      this.#begin(node);
      return this.#inFlight < IN_FLIGHT && this.#ahead < AHEAD;
    }
    if (!this.#deep || node.entered || node.state !== 'read' || node.isLoop) return true;
    node.children ??= (node.listing as Listing).dirs.map((name) => node.child(name));
    return node.children.every((child) => this.#fill(child));
  }

  #begin(node: TreeNode): void {
    const limiter = this.#limiter as CapacityLimiter;
    limiter.acquireOnBehalfOfNowait(node);
    node.state = 'pending';
    this.#inFlight++;
    this.#ahead++;
    poolLoop.enterNow();
    listDirectory(this.#toAbsolute(node.path), node.follow, (error, listing) => {
      poolLoop.leave();
      limiter.releaseOnBehalfOf(node);
      this.#inFlight--;
      node.state = error ? 'failed' : 'read';
      node.error = error;
      node.listing = listing;
      this.#refill();
      if (this.#wanted === node || (this.#wanted === undefined && this.#inFlight === 0)) this.#wake();
    });
  }

  /** Forgets a directory that the consumer will not ask for, and everything in it. */
  forget(node: TreeNode): void {
    if (node.state !== 'new') this.#ahead--;
    node.children?.forEach((child) => this.forget(child));
  }

  #wake(): void {
    const waker = this.#waker;
    this.#waker = undefined;
    this.#wanted = undefined;
    waker?.wake();
  }

  /**
   * Returns the entries of a directory. `undefined` if the directory is to be skipped: it has been removed, is a loop, or its
   * error was handled. A checkpoint.
   */
  async read(node: TreeNode): Promise<Listing | undefined> {
    const attempted = `list ${node.path}`;
    if (node.state === 'new') await this.#readNow(node, attempted);
    else {
      this.#ahead--;
      await checkpointHere(attempted);
      if (node.state === 'pending') await this.#wait(node, attempted);
    }
    if (node.state === 'failed') return this.#failed(node, explain(node.error, attempted));
    return node.isLoop ? undefined : node.listing;
  }

  async #readNow(node: TreeNode, attempted: string): Promise<void> {
    node.state = 'pending';
    try {
      const start = (done: Done<Listing>): void => listDirectory(this.#toAbsolute(node.path), node.follow, done);
      node.listing = await inPool<Listing>(attempted, start, this.#options);
      node.state = 'read';
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      node.state = 'failed';
      node.error = error;
    }
  }

  #failed(node: TreeNode, error: unknown): undefined {
    if (!(error instanceof FsError)) throw error;
    if ((node.parent !== undefined || this.#missingRootOk) && isAbsent(error)) return;
    if (this.#options.onError === undefined) throw error;
    this.#options.onError(error);
  }

  /** Waits until no read is pending, even in a cancelled scope. */
  async settle(): Promise<void> {
    this.#stack = [];
    if (this.#inFlight > 0) await this.#wait(undefined, 'the end of reading ahead');
  }

  #wait(node: TreeNode | undefined, what: string): Promise<void> {
    return suspend<void>(what, (waker) => {
      this.#wanted = node;
      this.#waker = waker;
      return () => 'failed';
    });
  }
}
