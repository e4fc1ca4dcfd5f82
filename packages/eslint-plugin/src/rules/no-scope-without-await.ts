import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { isFunction, resultExpression } from '../syntax/functions.ts';
import { unwrap, type Node } from '../syntax/node.ts';
import { runningWhenCalled, waits } from '../syntax/walk.ts';
import { scopes } from '../tercet/exports.ts';
import { takingOf } from '../tercet/instances.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

export const noScopeWithoutAwait: RuleModule = defineRule<'never'>({
  name: 'no-scope-without-await',
  description: 'Disallow timeouts and scopes whose function waits for nothing',
  messages: {
    never:
      "Nothing in this function waits, so '{{scope}}' has no effect: a scope can only end code that waits for an operation. Await the operations inside it, or leave the scope out.",
  },
  create: (file, report) => ({
    CallExpression(call) {
      const taker = takingOf(file, call);
      const fn = taker === undefined ? undefined : call.arguments?.[taker.at];
      if (taker === undefined || !scopes.has(taker.name) || !isFunction(fn) || mayWait(file, fn)) return;
      report({ node: call.callee!, messageId: 'never', data: { scope: taker.name } });
    },
  }),
});

/** Whether the function waits, or gives back what may be a promise, for the scope to wait for. */
function mayWait(file: TercetFile, fn: Node): boolean {
  const result = resultExpression(fn);
  if (result !== undefined && mayBePromise(result)) return true;
  for (const node of runningWhenCalled(fn, file.keys)) {
    // An error that is thrown there passes through the scope, which may be its purpose.
    if (waits(node) || node.type === 'ThrowStatement') return true;
    if (node.type === 'ReturnStatement' && node.argument && mayBePromise(node.argument)) return true;
  }
  return false;
}

const neverPromises = new Set([
  'ArrayExpression',
  'ArrowFunctionExpression',
  'AssignmentExpression',
  'BinaryExpression',
  'FunctionExpression',
  'Literal',
  'ObjectExpression',
  'TemplateLiteral',
  'UnaryExpression',
  'UpdateExpression',
]);

function mayBePromise(expression: Node): boolean {
  const value = unwrap(expression);
  if (value.type === 'AssignmentExpression') return mayBePromise(value.right!);
  return !neverPromises.has(value.type) && !(value.type === 'Identifier' && value.name === 'undefined');
}
