import type { Scope } from 'eslint';
import { defineRule, type Offer } from '../defining/define-rule.ts';
import { replaced, tercetName } from '../fixing/tercet-name.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { functionAround } from '../syntax/functions.ts';
import { isIdentifier, outside, unwrap, type Node } from '../syntax/node.ts';
import { scopes } from '../tercet/exports.ts';
import { takerOf } from '../tercet/instances.ts';
import { beginsOperation } from '../tercet/operations.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

type Message = 'outside' | 'abandon';

/** Calls whose functions run in scopes of their own. */
const containers = new Set([
  ...scopes,
  'all',
  'any',
  'openNursery',
  'race',
  'Nursery.startSoon',
  'Nursery.startService',
]);

export const noOperationFromOuterScope: RuleModule = defineRule<Message>({
  name: 'no-operation-from-outer-scope',
  description: 'Disallow awaiting in a scope what was started outside of it',
  messages: {
    outside:
      "'{{name}}' was started outside of '{{scope}}', and belongs to the scope it was started in: '{{scope}}' cannot end it. Start it inside the function, or use abandonable({{name}}) to stop waiting for it.",
    abandon: 'Stop waiting with {{call}}({{name}}).',
  },
  offers: true,
  create: (file, report) => ({
    Identifier(node) {
      if (!isAwaited(node)) return;
      const variable = file.variableOf(node);
      const scope = variable && scopeBetween(file, node, variable);
      if (scope === undefined || !holdsOperation(file, variable!)) return;
      const name = node.name!;
      report({ node, messageId: 'outside', data: { name, scope }, offers: [offer(file, node, name)] });
    },
  }),
});

/** `await p`, `return p`, `() => p` */
function isAwaited(node: Node): boolean {
  const outer = outside(node);
  if (outer?.type === 'AwaitExpression' || outer?.type === 'ReturnStatement') return true;
  return outer?.type === 'ArrowFunctionExpression' && unwrap(outer.body as Node) === node;
}

/** The scope that a name is used in and was not declared in. */
function scopeBetween(file: TercetFile, node: Node, variable: Scope.Variable): string | undefined {
  for (let fn = functionAround(node); fn !== undefined && !file.declaredIn(variable, fn); fn = functionAround(fn)) {
    const taker = takerOf(file, fn);
    if (taker !== undefined && containers.has(taker.name)) return taker.name;
  }
  return undefined;
}

/** Whether a variable gets nothing but the promises of operations. */
function holdsOperation(file: TercetFile, variable: Scope.Variable): boolean {
  const [definition] = variable.defs;
  if (definition?.type !== 'Variable' || !isIdentifier((definition.node as unknown as Node).id)) return false;
  const written = variable.references.filter((reference) => reference.isWrite());
  return (
    written.length > 0 &&
    written.every(({ writeExpr }) => writeExpr && beginsOperation(file, writeExpr as unknown as Node) !== undefined)
  );
}

function offer(file: TercetFile, node: Node, name: string): Offer<Message> | undefined {
  const ours = tercetName(file, node, 'abandonable');
  if (ours === undefined) return undefined;
  const edits = [...ours.edits, replaced(node, `${ours.text}(${name})`)];
  return { messageId: 'abandon', data: { call: ours.text, name }, edits };
}
