import { checkpointHere } from '../pool/checkpoint-here.ts';
import type { Listing } from './list-directory.ts';
import { TreeNode, TreeReader } from './tree-reader.ts';
import type { FsError } from '../pool/fs-error.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { Sequence } from '../sequences/sequence.ts';

/**
 * A directory found by `Path.walk`.
 *
 * @example
 * await using folder = await Path.temporary();
 * await folder.path.join('node_modules', 'core').mkdir({ parents: true });
 * await folder.path.join('index.ts').writeText('');
 * function skip<P>({ dirs }: WalkedDirectory<P>, name: string): void {
 *   const index = dirs.indexOf(name);
 *   if (index !== -1) dirs.splice(index, 1); // then the loop does not enter it
 * }
 * for await (const directory of folder.path.walk()) {
 *   skip(directory, 'node_modules');
 *   console.log(directory.path.name, directory.files);
 * }
 */
export interface WalkedDirectory<P> {
  readonly path: P;
  /** The names of the directories in it. With `topDown`, names that the loop removes from this array are not entered. */
  readonly dirs: string[];
  /** The names of its other entries, including links to directories unless they are followed. */
  readonly files: string[];
}

/**
 * The options of `Path.walk`.
 *
 * @example
 * await using folder = await Path.temporary();
 * await folder.path.join('a', 'b').mkdir({ parents: true });
 * // The deepest directories come first, so that each is empty when its turn comes.
 * for await (const { path } of folder.path.walk({ topDown: false })) {
 *   if (!path.equals(folder.path)) await path.rmdir();
 * }
 */
export interface WalkOptions extends ThreadPoolOptions {
  /** Whether to enter links to directories; a link back to a directory above it is never entered. False by default. */
  readonly followSymlinks?: boolean;
  /**
   * Called for each directory that cannot be read, which is then skipped; an error that it throws ends the loop. Without
   * it, the first such directory ends the loop. It is not an error if a directory has been removed during the walk.
   */
  readonly onError?: (error: FsError) => void;
  /** Whether a directory comes before the directories in it. True by default; otherwise it comes after them. */
  readonly topDown?: boolean;
  /**
   * Whether up to 64 directories may be read before the loop comes to them, including those in the current one. True by
   * default. With `false`, each is read when its turn comes, so that the loop sees the changes it has made itself.
   */
  readonly readAhead?: boolean;
}

/** The directories of a tree. */
export class WalkSequence<P> extends Sequence<WalkedDirectory<P>> {
  protected override readonly waitsForStep = true;
  readonly #make: (path: string) => P;
  readonly #topDown: boolean;
  readonly #readsAhead: boolean;
  readonly #reader: TreeReader;
  readonly #stack: TreeNode[];
  /** With `topDown`, the directory returned last. The next step enters the directories that are still in its `dirs`. */
  #last: TreeNode | undefined = undefined;
  /** How many names its `dirs` had when it was returned. */
  #lastCount = 0;
  /** True once the consumer has removed names: from then on, a directory is read only after its parent was returned. */
  #prunes = false;

  constructor(path: string, make: (path: string) => P, options: WalkOptions = {}) {
    super();
    this.#make = make;
    this.#topDown = options.topDown ?? true;
    this.#readsAhead = options.readAhead ?? true;
    this.#reader = new TreeReader(path, options);
    this.#stack = [new TreeNode(path, undefined, options.followSymlinks ?? false)];
  }

  protected override async produce(): Promise<WalkedDirectory<P> | undefined> {
    this.#enterLast();
    for (let node = this.#stack.pop(); node !== undefined; node = this.#stack.pop()) {
      if (node.entered) {
        await checkpointHere(`walk ${node.path}`);
        return this.#walked(node);
      }
      const reading = this.#reader.read(node);
      if (this.#readsAhead) this.#reader.readAhead(this.#stack, !this.#prunes);
      if ((await reading) === undefined) continue;
      if (this.#topDown) {
        this.#last = node;
        this.#lastCount = node.listing?.dirs.length ?? 0;
        return this.#walked(node);
      }
      this.#stack.push(node);
      this.#push(node);
    }
    return undefined;
  }

  #enterLast(): void {
    const last = this.#last;
    if (last === undefined) return;
    this.#last = undefined;
    if ((last.listing?.dirs.length ?? 0) < this.#lastCount) this.#prunes = true;
    this.#push(last);
  }

  #walked(node: TreeNode): WalkedDirectory<P> {
    const { dirs, files } = node.listing as Listing;
    return { path: this.#make(node.path), dirs, files };
  }

  // Uses the nodes that were read ahead, and forgets those whose names the consumer has removed.
  #push(node: TreeNode): void {
    node.entered = true;
    const known = new Map(node.children?.map((child) => [child.path, child]));
    node.children = undefined;
    const { dirs } = node.listing as Listing;
    for (let i = dirs.length - 1; i >= 0; i--) {
      const child = node.child(dirs[i] as string);
      this.#stack.push(known.get(child.path) ?? child);
      known.delete(child.path);
    }
    for (const child of known.values()) this.#reader.forget(child);
  }

  protected override release(): Promise<void> {
    return this.#reader.settle();
  }
}
