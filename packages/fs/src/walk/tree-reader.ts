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

/** What `walk` and `glob` have in common: see their options. */
export interface TreeOptions extends ThreadPoolOptions {
  readonly followSymlinks?: boolean;
  readonly onError?: (error: FsError) => void;
}

/**
 * The number of directories that are on their way at a time, and of those that may have been read before anybody asks for
 * them. There are far more of these: on the way down the siblings of a directory wait until all that is in it has been given out, and would keep what
 * comes next from being read (benchmark `walk`).
 */
const IN_FLIGHT = 16;
const AHEAD = 64;

/** A directory of a tree that is being walked. */
export class TreeNode {
  readonly path: string;
  readonly parent: TreeNode | undefined;
  /** Whether links in it are followed. */
  readonly follow: boolean;
  state: 'new' | 'pending' | 'read' | 'failed' = 'new';
  listing: Listing | undefined = undefined;
  error: unknown = undefined;
  /** Whether what is in it is on the stack. */
  entered = false;
  /** The directories in it, once one of them has been read ahead. */
  children: TreeNode[] | undefined = undefined;

  constructor(path: string, parent: TreeNode | undefined, follow: boolean) {
    this.path = path;
    this.parent = parent;
    this.follow = follow;
  }

  /** The directory of that name in it. */
  child(name: string): TreeNode {
    return new TreeNode(childText(this.path, name), this, this.follow);
  }

  /** Whether it is one of the directories above it: a link leads back there. */
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
 * Reads the directories of a tree, several at a time: while the consumer looks at one, those that will come next are on
 * their way. What is read ahead takes free tokens only.
 */
export class TreeReader {
  readonly #options: TreeOptions;
  /** Where a path lies, whatever the working directory is by now. */
  readonly #place: (path: string) => string;
  readonly #missingRootOk: boolean;
  #limiter: CapacityLimiter | undefined = undefined;
  /** Emptied at the end, so that nothing more is read. */
  #stack: readonly TreeNode[] = [];
  #deep = false;
  #inFlight = 0;
  /** Read ahead and not taken yet, or on its way. */
  #ahead = 0;
  #wanted: TreeNode | undefined = undefined;
  #waker: Waker<void> | undefined = undefined;

  /** @param missingRootOk whether it is all right when there is no directory to begin with. */
  constructor(root: string, options: TreeOptions, missingRootOk = false) {
    this.#place = fixedAt(root);
    this.#options = options;
    this.#missingRootOk = missingRootOk;
  }

  /**
   * Begins to read those at the end of the stack, as far as there is room, and goes on as reads end. Called from a task.
   *
   * @param deep whether also those that are in a directory that has been read, before it is taken.
   */
  readAhead(stack: readonly TreeNode[], deep: boolean): void {
    this.#limiter ??= poolLimiter(this.#options);
    this.#stack = stack;
    this.#deep = deep;
    this.#refill();
  }

  // Many at once and not one by one, because waking an idle thread of the pool costs as much as a small directory.
  #refill(): void {
    if (this.#inFlight > IN_FLIGHT / 2 || this.#ahead >= AHEAD) return;
    const stack = this.#stack;
    const lowest = Math.max(0, stack.length - 2 * AHEAD);
    for (let i = stack.length - 1; i >= lowest && this.#fill(stack[i] as TreeNode); i--);
  }

  /** Begins to read a directory and what is in it, in the order in which they will be asked for. @returns whether there is more room. */
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
    listDirectory(this.#place(node.path), node.follow, (error, listing) => {
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

  /** Will not be asked for one that may have been read ahead, nor for what is in it. */
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

  /** What is in a directory; `undefined` when it is left out: it has gone, is a loop, or the error was handled. A checkpoint. */
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
      const start = (done: Done<Listing>): void => listDirectory(this.#place(node.path), node.follow, done);
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

  /** Returns when nothing is in flight any more, also in a cancelled scope. */
  async settle(): Promise<void> {
    this.#stack = [];
    if (this.#inFlight > 0) await this.#wait(undefined, 'the end of what was read ahead');
  }

  #wait(node: TreeNode | undefined, what: string): Promise<void> {
    return suspend<void>(what, (waker) => {
      this.#wanted = node;
      this.#waker = waker;
      return () => 'failed';
    });
  }
}
