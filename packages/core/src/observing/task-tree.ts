import type { CancelNode } from '../cancellation/cancel-node.ts';
import type { CancelCause } from '../errors/cancelled.ts';
import { textOf } from '../foreign/text-of.ts';
import { currentNode } from '../frames/frames.ts';
import type { Run } from '../running/run-state.ts';
import type { TaskNode } from '../tasks/task-node.ts';
import { siteOf } from '../probes/sites.ts';
import { childrenOf } from '../cancellation/child-list.ts';
import { waitsOf } from '../waiting/wait-list.ts';

/**
 * An operation that waits.
 *
 * @example
 * const waits = (node: TaskTreeNode): WaitDescription[] => [...node.waiting, ...node.children.flatMap(waits)];
 * for (const { what, forMilliseconds } of waits(taskTree())) {
 *   if (forMilliseconds > 10_000) console.warn(`waits for ${what} for ${forMilliseconds} ms`);
 * }
 */
export interface WaitDescription {
  readonly what: string;
  /** How long it has been waiting, in milliseconds. */
  readonly forMilliseconds: number;
  /** The stack of its beginning, with `TERCET_DEBUG=1`. */
  readonly at?: string;
}

/**
 * A snapshot of a run: its tasks, nurseries and scopes as they contain each other.
 *
 * @example
 * const count = (node: TaskTreeNode): number =>
 *   node.children.reduce((sum, child) => sum + count(child), node.kind === 'task' ? 1 : 0);
 * await openNursery(async (nursery) => {
 *   nursery.startSoon(() => sleep(5));
 *   nursery.startSoon(() => sleep(5));
 *   console.log(count(taskTree())); // the two, this one, and those of the run
 * });
 */
export interface TaskTreeNode {
  readonly kind: 'task' | 'nursery' | 'scope';
  /** The name of a task. */
  readonly name?: string;
  readonly id?: number;
  /** The operations in which the code here waits; empty while it runs, or awaits a promise that is not Tercet's. */
  readonly waiting: readonly WaitDescription[];
  /** The stack of the spawn, with `TERCET_DEBUG=1`. */
  readonly spawnedAt?: string;
  /** Milliseconds until the deadline; negative when it has passed. */
  readonly deadlineIn?: number;
  readonly shielded: boolean;
  /** Why it is cancelled, when it is: `deadline`, `explicit: the user gave up`. */
  readonly cancelled?: string;
  readonly children: readonly TaskTreeNode[];
}

/**
 * A snapshot of the current run: its tasks, and the operations in which they wait.
 *
 * @throws {StateError} outside of a run.
 * @example
 * console.log(formatTaskTree(taskTree()));
 */
export function taskTree(): TaskTreeNode {
  return treeOf(currentNode('taskTree()').run);
}

export function treeOf(run: Run): TaskTreeNode {
  return describe(run.root, run.clock.now());
}

// Scopes may be nested by the thousand: no recursion.
function describe(root: CancelNode, now: number): TaskTreeNode {
  const top = describeOne(root, now);
  const pending: [CancelNode, TaskTreeNode[]][] = [[root, top.children]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [node, descriptions] = next;
    for (const child of childrenOf(node)) {
      const description = describeOne(child, now);
      descriptions.push(description);
      pending.push([child, description.children]);
    }
  }
  return top;
}

function describeOne(node: CancelNode, now: number): TaskTreeNode & { readonly children: TaskTreeNode[] } {
  return {
    kind: node.kind,
    ...(node.kind === 'task' ? describeTask(node.task) : {}),
    waiting: Array.from(waitsOf(node), (wait) => ({
      what: textOf(wait.what),
      forMilliseconds: now - wait.since,
      ...at('at', siteOf(wait)),
    })),
    ...(node.deadline === Infinity ? {} : { deadlineIn: node.deadline - now }),
    shielded: node.shielded,
    ...(node.effective && node.cause !== undefined ? { cancelled: describeCause(node.cause) } : {}),
    children: [],
  };
}

function describeTask(task: TaskNode): Pick<TaskTreeNode, 'name' | 'id' | 'spawnedAt'> {
  return { name: task.name, id: task.id, ...at('spawnedAt', siteOf(task)) };
}

function at<K extends string>(key: K, site: string | undefined): { readonly [_ in K]?: string } {
  return site === undefined ? {} : ({ [key]: site } as { readonly [_ in K]?: string });
}

function describeCause({ source, reason }: CancelCause): string {
  return reason === undefined ? source : `${source}: ${reason}`;
}

/**
 * The tree as indented text, a line for each task, nursery and scope.
 *
 * @example
 * console.log(formatTaskTree(taskTree()));
 */
export function formatTaskTree(tree: TaskTreeNode): string {
  const lines: string[] = [];
  const pending: Line[] = [{ node: tree, prefix: '', childPrefix: '' }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, prefix, childPrefix } = next;
    lines.push(prefix + describeLine(node));
    const sites = [node.spawnedAt, ...node.waiting.map(({ at }) => at)];
    for (const site of sites) if (site !== undefined) lines.push(...site.split('\n').map((line) => childPrefix + line));
    for (let index = node.children.length - 1; index >= 0; index--) {
      const last = index === node.children.length - 1;
      pending.push({
        node: node.children[index]!,
        prefix: `${childPrefix}${last ? '└─ ' : '├─ '}`,
        childPrefix: childPrefix.length > DEEPEST ? childPrefix : `${childPrefix}${last ? '   ' : '│  '}`,
      });
    }
  }
  return lines.join('\n');
}

/** The indentation, in columns, beyond which levels are not indented further. */
const DEEPEST = 120;

interface Line {
  readonly node: TaskTreeNode;
  readonly prefix: string;
  readonly childPrefix: string;
}

function describeLine(node: TaskTreeNode): string {
  const parts = [node.kind === 'task' ? `task ${node.name}#${node.id}` : node.kind];
  if (node.deadlineIn !== undefined) parts.push(`deadline in ${Math.round(node.deadlineIn)} ms`);
  if (node.shielded) parts.push('shielded');
  if (node.cancelled !== undefined) parts.push(`cancelled (${node.cancelled})`);
  for (const { what, forMilliseconds } of node.waiting)
    parts.push(`waiting for ${what} since ${duration(forMilliseconds)}`);
  return parts.join(', ');
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
