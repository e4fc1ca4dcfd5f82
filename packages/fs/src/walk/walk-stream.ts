import { childText } from '../path/child-text.ts';
import { checkpointHere } from '../pool/checkpoint-here.ts';
import type { Listing } from './list-directory.ts';
import { TreeNode, TreeReader } from './tree-reader.ts';
import type { TreeOptions } from './tree-reader.ts';
import { Stream } from './stream.ts';

/** One directory on a walk. */
export interface WalkedDirectory<P> {
  readonly path: P;
  /** The names of the directories in it. On the way down, those that are removed from the array are not entered. */
  readonly dirs: string[];
  /** The names of all else that is in it; links to directories too, unless they are followed. */
  readonly files: string[];
}

/** For `walk`. */
export interface WalkOptions extends TreeOptions {
  /** Whether a directory comes before what is in it, or after. By default before. */
  readonly topDown?: boolean;
}

/** A tree, directory by directory. */
export class WalkStream<P> extends Stream<WalkedDirectory<P>> {
  readonly #make: (path: string) => P;
  readonly #topDown: boolean;
  readonly #reader: TreeReader;
  readonly #stack: TreeNode[];
  /** The one given out last, on the way down: what is in it comes next, as far as the consumer has left it there. */
  #last: TreeNode | undefined = undefined;

  constructor(path: string, make: (path: string) => P, options: WalkOptions = {}) {
    super();
    this.#make = make;
    this.#topDown = options.topDown ?? true;
    this.#reader = new TreeReader(options);
    this.#stack = [new TreeNode(path, undefined, options.followSymlinks ?? false)];
  }

  protected override async produce(): Promise<WalkedDirectory<P> | undefined> {
    if (this.#last !== undefined) this.#push(this.#last);
    this.#last = undefined;
    for (let node = this.#stack.pop(); node !== undefined; node = this.#stack.pop()) {
      if (node.entered) {
        await checkpointHere(`walk ${node.path}`);
        return this.#walked(node);
      }
      const reading = this.#reader.read(node);
      this.#reader.readAhead(this.#stack);
      if ((await reading) === undefined) continue;
      if (this.#topDown) {
        this.#last = node;
        return this.#walked(node);
      }
      this.#stack.push(node);
      this.#push(node);
    }
    return undefined;
  }

  #walked(node: TreeNode): WalkedDirectory<P> {
    const { dirs, files } = node.listing as Listing;
    return { path: this.#make(node.path), dirs, files };
  }

  #push(node: TreeNode): void {
    node.entered = true;
    const { dirs } = node.listing as Listing;
    for (let i = dirs.length - 1; i >= 0; i--) {
      this.#stack.push(new TreeNode(childText(node.path, dirs[i] as string), node, node.follow));
    }
  }

  protected override release(): Promise<void> {
    return this.#reader.settle();
  }
}
