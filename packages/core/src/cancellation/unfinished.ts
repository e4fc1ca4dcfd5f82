import type { Pending } from '../errors/unawaited.ts';
import { textOf } from '../foreign/text-of.ts';
import { siteOf } from '../probes/sites.ts';
import type { CancelNode } from './cancel-node.ts';
import { waitsOf } from '../waiting/wait-list.ts';
import { childrenOf } from './child-list.ts';

/**
 * Lists the operations that were begun in a node, and the scopes that were opened in it, and have not ended. Tasks of the
 * node's nurseries do not count, but a nursery does.
 *
 * @returns `undefined` when there are none.
 */
export function unfinishedIn(node: CancelNode): readonly Pending[] | undefined {
  if (!node.hasContent) return undefined;
  const pending: Pending[] = [];
  // Scopes may be nested by the thousand: no recursion.
  const open: CancelNode[] = [node];
  for (const scope of open) {
    let isEmpty = true;
    for (const wait of waitsOf(scope)) {
      isEmpty = false;
      pending.push({ what: textOf(wait.what), site: siteOf(wait) });
    }
    for (const child of childrenOf(scope)) {
      if (child.kind === 'task') continue;
      isEmpty = false;
      if (child.kind === 'scope') open.push(child);
      else pending.push({ what: child.describePending(), site: siteOf(child) });
    }
    if (isEmpty && scope !== node) pending.push({ what: 'a cancel scope', site: siteOf(scope) });
  }
  return pending.length === 0 ? undefined : pending;
}
