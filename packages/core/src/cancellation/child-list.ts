import type { CancelNode } from './cancel-node.ts';

// The children of a node are an intrusive doubly linked list, oldest first: the links are fields of the nodes. So a scope or
// a task that begins or ends touches its neighbours only, and allocates nothing. Only the functions here write the links.

/** Makes `child`, which is in no list, the last child of its parent. */
export function appendToParent(child: CancelNode): void {
  const parent = child.parent!;
  child.previousSibling = parent.lastChild;
  if (parent.lastChild === undefined) parent.firstChild = child;
  else parent.lastChild.nextSibling = child;
  parent.lastChild = child;
}

/** Takes `child` out of the list of its parent. */
export function removeFromParent(child: CancelNode): void {
  const parent = child.parent!;
  const previous = child.previousSibling;
  const next = child.nextSibling;
  if (previous === undefined) parent.firstChild = next;
  else previous.nextSibling = next;
  if (next === undefined) parent.lastChild = previous;
  else next.previousSibling = previous;
  child.previousSibling = undefined;
  child.nextSibling = undefined;
}

/** The children of a node. The one that was returned last may be removed meanwhile. */
export function* childrenOf(node: CancelNode): IterableIterator<CancelNode> {
  for (let child = node.firstChild; child !== undefined;) {
    const next: CancelNode | undefined = child.nextSibling;
    yield child;
    child = next;
  }
}

/** The scopes that the code of a node has open, nurseries too: outer ones first. */
export function scopesIn(node: CancelNode): CancelNode[] {
  const found: CancelNode[] = [node];
  for (const each of found) for (const child of childrenOf(each)) if (child.kind !== 'task') found.push(child);
  return found.slice(1);
}
