import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { functionAround, isWithin } from '../syntax/functions.ts';
import { isIdentifier, statementsOf, type Node } from '../syntax/node.ts';
import { runningIn, waits } from '../syntax/walk.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

export const noYieldWhileHolding: RuleModule = defineRule<'holds'>({
  name: 'no-yield-while-holding',
  description: 'Disallow async generators that hold a resource while they yield',
  messages: {
    holds:
      'If nobody asks for the next value, what this generator holds is never given back, or by another task. Make a channel of it, with asSafeChannel() of @tercet/sync.',
  },
  create: (file, report) => ({
    YieldExpression(node) {
      const fn = functionAround(node);
      if (fn?.async !== true || fn.generator !== true || isSafe(file, fn)) return;
      if (holdsAt(file, node, fn)) report({ node, messageId: 'holds' });
    },
  }),
});

/** Whether the generator is given to `asSafeChannel`, directly or by its name. */
function isSafe(file: TercetFile, fn: Node): boolean {
  if (isGivenToSafeChannel(file, fn)) return true;
  const variable = isIdentifier(fn.id) ? file.variableOf(fn.id) : undefined;
  return (variable?.references ?? []).some(({ identifier }) =>
    isGivenToSafeChannel(file, identifier as unknown as Node),
  );
}

function isGivenToSafeChannel(file: TercetFile, node: Node): boolean {
  const call = node.parent;
  return call?.type === 'CallExpression' && file.calls(call, '@tercet/sync') === 'asSafeChannel';
}

function holdsAt(file: TercetFile, node: Node, fn: Node): boolean {
  for (let outer = node.parent; outer && outer !== fn; outer = outer.parent) {
    if (outer.type === 'TryStatement' && outer.finalizer && isWithin(node, outer.block!)) {
      if ([...runningIn(outer.finalizer, file.keys)].some(waits)) return true;
    }
    const before = outer.type === 'BlockStatement' ? statementsOf(outer.body) : [];
    if (before.some((statement) => isUsing(statement) && statement.range[1] <= node.range[0])) return true;
  }
  return false;
}

function isUsing({ type, kind }: Node): boolean {
  return type === 'VariableDeclaration' && (kind === 'using' || kind === 'await using');
}
