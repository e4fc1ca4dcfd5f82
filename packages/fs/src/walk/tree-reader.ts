import { suspend } from '@tercet/core/lowlevel';
import type { CapacityLimiter } from '@tercet/sync';
import type { Waker } from '@tercet/core/lowlevel';
import { isAbsent } from '../path/operate.ts';
import { explain, FsError } from '../pool/fs-error.ts';
import { poolLimiter } from '../pool/pool-limiter.ts';
import type { PoolOptions } from '../pool/pool-limiter.ts';
import { inPool } from '../pool/in-pool.ts';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import { listDirectory } from './list-directory.ts';
import type { Listing } from './list-directory.ts';

/** For `walk`, `glob` and `rglob`. */
export interface TreeOptions extends PoolOptions {
  /** Whether links to directories are entered; a link back to a directory above it never is. By default they are not. */
  readonly followSymlinks?: boolean;
  /**
   * Called for a directory that cannot be read, which is then left out; what it throws ends the loop. Without it, such an
   * error ends the loop. A directory that has gone since its parent was read is no error.
   */
  readonly onError?: (error: FsError) => void;
}

/** So many directories are read ahead of the one that is asked for. */
const AHEAD = 8;

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

  constructor(path: string, parent: TreeNode | undefined, follow: boolean) {
    this.path = path;
    this.parent = parent;
    this.follow = follow;
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
  readonly #missingRootOk: boolean;
  #limiter: CapacityLimiter | undefined = undefined;
  #inFlight = 0;
  /** Read ahead and not taken yet, or on its way. */
  #ahead = 0;
  #wanted: TreeNode | undefined = undefined;
  #waker: Waker<void> | undefined = undefined;

  /** @param root whether it is all right when there is no directory to begin with. */
  constructor(options: TreeOptions, root: { readonly missingRootOk: boolean } = { missingRootOk: false }) {
    this.#options = options;
    this.#missingRootOk = root.missingRootOk;
  }

  /** Begins to read those at the end of the stack, as far as there is room. To be called from a task. */
  readAhead(stack: readonly TreeNode[]): void {
    const limiter = (this.#limiter ??= poolLimiter(this.#options));
    for (let i = stack.length - 1; i >= 0 && i >= stack.length - 2 * AHEAD && this.#ahead < AHEAD; i--) {
      const node = stack[i] as TreeNode;
      if (node.state !== 'new') continue;
      if (limiter.availableTokens <= 0) return;
      const token = {};
      limiter.acquireOnBehalfOfNowait(token);
      this.#begin(node, () => limiter.releaseOnBehalfOf(token));
    }
  }

  #begin(node: TreeNode, release: () => void): void {
    node.state = 'pending';
    this.#inFlight++;
    this.#ahead++;
    listDirectory(node.path, node.follow, (error, listing) => {
      release();
      this.#inFlight--;
      node.state = error ? 'failed' : 'read';
      node.error = error;
      node.listing = listing;
      if (this.#wanted === node || (this.#wanted === undefined && this.#inFlight === 0)) this.#wake();
    });
  }

  #wake(): void {
    const waker = this.#waker;
    this.#waker = undefined;
    this.#wanted = undefined;
    waker?.wake();
  }

  /** What is in a directory; `undefined` when it is left out: it has gone, is a loop, or the error was handled. */
  async read(node: TreeNode): Promise<Listing | undefined> {
    try {
      const listing = await this.#take(node);
      return node.isLoop ? undefined : listing;
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      if ((node.parent !== undefined || this.#missingRootOk) && isAbsent(error)) return undefined;
      if (this.#options.onError === undefined) throw error;
      this.#options.onError(error);
      return undefined;
    }
  }

  async #take(node: TreeNode): Promise<Listing> {
    const attempted = `list ${node.path}`;
    if (node.state === 'new') {
      const start = (done: (error: Error | null | undefined, listing?: Listing) => void): void =>
        listDirectory(node.path, node.follow, done);
      node.state = 'pending';
      node.listing = await inPool<Listing>(attempted, start, this.#options);
      node.state = 'read';
      return node.listing;
    }
    this.#ahead--;
    await checkpointHere(attempted);
    if (node.state === 'pending') await this.#wait(node, attempted);
    if (node.state === 'failed') throw explain(node.error, attempted);
    return node.listing as Listing;
  }

  /** Returns when nothing is in flight any more, also in a cancelled scope. */
  async settle(): Promise<void> {
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
