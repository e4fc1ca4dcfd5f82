import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { functionAround, isFunction } from '../syntax/functions.ts';
import { isIdentifier, methodCall, outside, unwrap, type Node } from '../syntax/node.ts';
import { scopes } from '../tercet/exports.ts';
import { takerOf, takingOf } from '../tercet/instances.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

export const noTimeoutAroundStartSoon: RuleModule = defineRule<'noEffect'>({
  name: 'no-timeout-around-start-soon',
  description: 'Disallow scopes around startSoon(), which have no effect on the task',
  messages: {
    noEffect:
      "'{{scope}}' has no effect on this task: a task lives under the scopes around its nursery, and that was opened outside. Put the scope inside the task, or around the nursery.",
  },
  create: (file, report) => ({
    CallExpression(call) {
      const method = methodCall(call);
      if (method === undefined || !isSpawning(file, call)) return;
      for (const { scope, fn } of scopesAround(file, call)) {
        if (isOpenedWithin(file, method.object, fn)) return;
        return report({ node: call, messageId: 'noEffect', data: { scope } });
      }
    },
  }),
});

/** A task whose handle is not used. Code that joins a task may rightly limit the time of joining. */
function isSpawning(file: TercetFile, call: Node): boolean {
  const name = takingOf(file, call)?.name;
  if (name !== 'Nursery.startSoon' && name !== 'Nursery.startService' && name !== 'Portal.spawn') return false;
  const outer = outside(call);
  return (
    outer?.type === 'ExpressionStatement' ||
    outer?.type === 'ArrowFunctionExpression' ||
    outer?.type === 'UnaryExpression'
  );
}

function* scopesAround(file: TercetFile, node: Node): Generator<{ scope: string; fn: Node }> {
  for (let fn = functionAround(node); fn !== undefined; fn = functionAround(fn)) {
    const taker = takerOf(file, fn);
    if (taker !== undefined && scopes.has(taker.name)) yield { scope: taker.name, fn };
    // A nursery inside does not change whose nursery it is; anything else runs elsewhere, or later.
    else if (taker?.name !== 'openNursery' && !runsInPlace(fn)) return;
  }
}

const iterating = /^(every|filter|flatMap|forEach|map|reduce|some)$/;

function runsInPlace(fn: Node): boolean {
  const call = outside(fn);
  if (call?.type !== 'CallExpression') return false;
  return unwrap(call.callee!) === fn || (isFunction(fn) && iterating.test(methodCall(call)?.name ?? ''));
}

/** Whether the nursery comes into being inside the scope's function; one that is in a field does not. */
function isOpenedWithin(file: TercetFile, nursery: Node, fn: Node): boolean {
  const root = unwrap(nursery);
  return isIdentifier(root) && file.declaredIn(file.variableOf(root), fn);
}
