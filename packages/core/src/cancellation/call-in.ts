import { callInFrame } from '../frames/frames.ts';
import { resolved } from '../platform/resolved.ts';
import type { CancelNode } from './cancel-node.ts';

/** Number of scopes that may be entered, one inside the other, on one stack: without an `await` in between. */
const DEEPEST = 200;

/**
 * Calls a body in the frame of its node, synchronously. Thousands of scopes may be nested, and each takes several frames
 * of the stack. So beyond a depth that only recursive code reaches, the body begins on a fresh stack, in a microtask.
 */
export function callIn<A, T>(
  node: CancelNode,
  body: (argument: A) => T | PromiseLike<T>,
  argument: A,
): T | PromiseLike<T> {
  const { run } = node;
  if (run.depth >= DEEPEST) return resolved.then(() => callIn(node, body, argument));
  run.depth++;
  try {
    return callInFrame(node, body, argument);
  } finally {
    run.depth--;
  }
}
