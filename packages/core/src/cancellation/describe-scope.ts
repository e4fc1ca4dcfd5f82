import type { Clock } from '../time/clock.ts';
import type { CancelScope } from './cancel-scope.ts';
import type { ScopeNode } from './scope-node.ts';

/** Describes a scope for `console.log`: `active, deadline is 1.50 seconds from now`. */
export function describeScope(scope: CancelScope, { entered, exited }: ScopeNode, clock: Clock | undefined): string {
  const parts = [exited ? 'exited' : entered ? 'active' : 'unbound'];
  if (scope.shield) parts.push('shielded');
  if (scope.cancelCalled) parts.push('cancelled');
  else if (scope.isRelative === true) parts.push(`deadline is ${inSeconds(scope.relativeDeadline)} after entering`);
  else if (!exited && scope.deadline !== Infinity && clock !== undefined)
    parts.push(`deadline is ${inSeconds(scope.deadline - clock.now())} from now`);
  return parts.join(', ');
}

function inSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} seconds`;
}
