import { checkpointHere } from '../pool/checkpoint-here.ts';
import { childText } from '../lexical/child-text.ts';
import { Patterns } from './patterns.ts';
import type { FsError } from '../pool/fs-error.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';
import { Sequence } from '../sequences/sequence.ts';
import { TreeNode, TreeReader } from './tree-reader.ts';

/**
 * The options of `Path.glob` and `Path.rglob`.
 *
 * @example
 * await using folder = await Path.temporary();
 * await folder.path.join('Index.TS').writeText('');
 * await folder.path.join('index.test.ts').writeText('');
 * const options: GlobOptions = { ignoreCase: true, exclude: '*.test.ts', onError: (error) => console.warn(error.message) };
 * for await (const file of folder.path.glob('*.ts', options)) console.log(file.name); // Index.TS
 */
export interface GlobOptions extends ThreadPoolOptions {
  /** Whether wildcards match names that begin with a dot. True by default. */
  readonly dot?: boolean;
  /** Whether to ignore case. By default true on Windows, and false elsewhere. */
  readonly ignoreCase?: boolean;
  /** Patterns of paths to leave out, in addition to the patterns that begin with `!`. */
  readonly exclude?: string | readonly string[];
  /** Whether to enter links to directories; a link back to a directory above it is never entered. False by default. */
  readonly followSymlinks?: boolean;
  /**
   * Called for each directory that cannot be read, which is then skipped; an error that it throws ends the loop. Without
   * it, the first such directory ends the loop. It is not an error if a directory has been removed during the search.
   */
  readonly onError?: (error: FsError) => void;
}

/** A directory of the tree, with its path in the form that patterns match. */
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
export class GlobSequence<P> extends Sequence<P> {
  protected override readonly waitsForStep = true;
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

/** Makes the patterns match at any depth. */
export function anyDepth(pattern: string | readonly string[]): string[] {
  return [pattern].flat().map((each) => (each.startsWith('!') ? `!**/${each.slice(1)}` : `**/${each}`));
}
