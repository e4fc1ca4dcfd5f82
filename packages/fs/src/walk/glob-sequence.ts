import { checkpointHere } from '../pool/checkpoint-here.ts';
import { childText } from '../lexical/child-text.ts';
import { Patterns } from './patterns.ts';
import type { PatternOptions } from './patterns.ts';
import { Stream } from '../sequences/sequence.ts';
import { TreeNode, TreeReader } from './tree-reader.ts';
import type { TreeOptions } from './tree-reader.ts';

/** For `glob` and `rglob`. */
export interface GlobOptions extends TreeOptions, PatternOptions {}

/** A directory on the way, with its path as the patterns see it. */
class GlobNode extends TreeNode {
  readonly relative: string;
  readonly depth: number;

  constructor(path: string, parent: GlobNode | undefined, follow: boolean, relative: string) {
    super(path, parent, follow);
    this.relative = relative;
    this.depth = relative === '' ? 0 : relative.split('/').length;
  }
}

/** The paths below a directory that match patterns. */
export class GlobStream<P> extends Stream<P> {
  readonly #make: (path: string) => P;
  readonly #options: GlobOptions;
  readonly #patterns: Patterns;
  readonly #reader: TreeReader;
  readonly #stack: GlobNode[];
  #found: string[] = [];
  #at = 0;

  constructor(path: string, make: (path: string) => P, pattern: string | readonly string[], options: GlobOptions = {}) {
    super();
    this.#make = make;
    this.#options = options;
    this.#patterns = new Patterns(pattern, options);
    this.#reader = new TreeReader(path, options, true);
    let start = path;
    for (const name of this.#patterns.base) start = childText(start, name);
    this.#stack = [this.#node(start, undefined, this.#patterns.base.join('/'))];
  }

  protected override async produce(): Promise<P | undefined> {
    if (this.#at < this.#found.length) await checkpointHere('glob()');
    while (this.#at === this.#found.length) {
      const node = this.#stack.pop();
      if (node === undefined) return undefined;
      const reading = this.#reader.read(node);
      this.#reader.readAhead(this.#stack, false);
      await reading;
      this.#found = [];
      this.#at = 0;
      this.#look(node);
    }
    return this.#make(this.#found[this.#at++] as string);
  }

  #look(node: GlobNode): void {
    if (node.listing === undefined || node.isLoop) return;
    const { dirs, files } = node.listing;
    const prefix = node.relative === '' ? '' : `${node.relative}/`;
    for (const name of files) {
      if (this.#patterns.match(prefix + name, false)) this.#found.push(childText(node.path, name));
    }
    for (let i = dirs.length - 1; i >= 0; i--) {
      const relative = prefix + (dirs[i] as string);
      const path = childText(node.path, dirs[i] as string);
      if (this.#patterns.match(relative, true)) this.#found.push(path);
      if (this.#patterns.enters(relative)) this.#stack.push(this.#node(path, node, relative));
    }
  }

  #node(path: string, parent: GlobNode | undefined, relative: string): GlobNode {
    const node = new GlobNode(path, parent, false, relative);
    const follow = this.#options.followSymlinks === true || this.#patterns.followsLinksAt(node.depth);
    return follow ? new GlobNode(path, parent, true, relative) : node;
  }

  protected override release(): Promise<void> {
    return this.#reader.settle();
  }
}

/** The patterns, to be found at any depth. */
export function anyDepth(pattern: string | readonly string[]): string[] {
  return [pattern].flat().map((each) => (each.startsWith('!') ? `!**/${each.slice(1)}` : `**/${each}`));
}
