import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { functionAround, isFunction } from '../syntax/functions.ts';
import { methodCall, outside, unwrap, type Node } from '../syntax/node.ts';
import { spawners } from '../tercet/exports.ts';
import { isCalledFromAbroad } from '../tercet/foreign.ts';
import { instanceOf, takerOf } from '../tercet/instances.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

export const noContextSetInForeignCallback: RuleModule = defineRule<'foreign'>({
  name: 'no-context-set-in-foreign-callback',
  description: "Disallow ContextVar.set() in callbacks that run in somebody else's task",
  messages: {
    foreign:
      "This callback runs in the task of the code that calls it back, so 'set' changes the values of that task, for everything that runs there. Use {{variable}}.run(value, …), or hand the work to a task with portal.call() or nursery.startSoon().",
  },
  create: (file, report) => ({
    CallExpression(call) {
      const method = methodCall(call);
      if (method?.name !== 'set' || instanceOf(file, method.object) !== 'ContextVar') return;
      const callback = callbackAround(file, call);
      if (callback === undefined || isRestoredAtOnce(call)) return;
      report({ node: call, messageId: 'foreign', data: { variable: file.text(method.object) } });
    },
  }),
});

/** The callback that a node runs in, unless a task of its own lies between. */
function callbackAround(file: TercetFile, node: Node): Node | undefined {
  for (let fn = functionAround(node); fn !== undefined; fn = functionAround(fn)) {
    if (isCalledFromAbroad(file, fn)) return fn;
    const taker = takerOf(file, fn);
    if (taker !== undefined && (spawners.has(taker.name) || taker.several === true)) return undefined;
    if (isContextOfItsOwn(file, fn)) return undefined;
  }
  return undefined;
}

/** The function of `variable.run(value, fn)` and `context.run(fn)`. */
function isContextOfItsOwn(file: TercetFile, fn: Node): boolean {
  const call = outside(fn);
  const method = call && methodCall(call);
  const owner = method?.name === 'run' ? instanceOf(file, method.object) : undefined;
  return owner === 'ContextVar' || owner === 'Context';
}

/** `using _ = variable.set(value)` in a function that does not wait: no other code can see the value. */
function isRestoredAtOnce(call: Node): boolean {
  const declarator = outside(call);
  const isUsing = declarator?.type === 'VariableDeclarator' && declarator.parent?.kind === 'using';
  const fn = functionAround(call);
  return isUsing && isFunction(fn) && fn.async !== true && unwrap(declarator.init!) === call;
}
