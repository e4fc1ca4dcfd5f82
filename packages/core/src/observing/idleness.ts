import type { Run } from '../running/run-state.ts';
import type { Idleness } from '../time/clock.ts';
import { breakDeadlock } from './deadlock.ts';
import { treeOf } from './task-tree.ts';

/** Makes the object by which the clock of an idle run may ask about it. */
export function idlenessOf(run: Run, isOver: () => boolean): Idleness {
  return {
    get isOver() {
      return isOver();
    },
    get keepsProcessAlive() {
      return run.keepAlive.holders > 0;
    },
    operations: () => operationsIn(treeOf(run)),
    breakDeadlock: () =>
      breakDeadlock(run, run.progress, 'every task waits, no deadline is pending, and nothing else goes on'),
  };
}

function operationsIn(tree: ReturnType<typeof treeOf>): string[] {
  const nodes = [tree];
  for (const node of nodes) nodes.push(...node.children);
  return nodes.flatMap((node) => node.waiting.map(({ what }) => what));
}
