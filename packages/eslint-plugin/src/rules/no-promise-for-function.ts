import { defineRule } from '../defining/define-rule.ts';
import { replaced } from '../fixing/tercet-name.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { isFunction } from '../syntax/functions.ts';
import { unwrap, type Node } from '../syntax/node.ts';
import { runningIn, waits } from '../syntax/walk.ts';
import { takingOf } from '../tercet/instances.ts';
import { functionNamed } from '../tercet/local-functions.ts';
import { operationOf } from '../tercet/operations.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

type Message = 'promise' | 'wrap';

export const noPromiseForFunction: RuleModule = defineRule<Message>({
  name: 'no-promise-for-function',
  description: 'Require a function, not the promise of a call, where Tercet runs something',
  messages: {
    promise:
      "'{{name}}' takes a function and calls it itself, in the right scope. '{{argument}}' is a promise: it has been started already, outside of that scope.",
    wrap: 'Give it a function: () => {{argument}}.',
  },
  offers: true,
  create: (file, report) => ({
    CallExpression(call) {
      const taker = takingOf(file, call);
      const given = taker === undefined ? undefined : call.arguments?.[taker.at];
      if (taker === undefined || given === undefined) return;
      const list = unwrap(given);
      const candidates =
        taker.several !== true ? [given] : list.type === 'ArrayExpression' ? (list.elements ?? []) : [];
      for (const one of candidates) {
        if (one === null || one.type === 'SpreadElement' || !isPromise(file, one)) continue;
        const argument = file.text(one);
        const waiting = [...runningIn(one, file.keys)].some(waits);
        const wrap = { messageId: 'wrap' as const, data: { argument }, edits: [replaced(one, `() => ${argument}`)] };
        report({
          node: one,
          messageId: 'promise',
          data: { name: taker.name, argument },
          offers: waiting ? [] : [wrap],
        });
      }
    },
  }),
});

/** Recognizes a promise from the file alone; for any other call the types are needed. */
function isPromise(file: TercetFile, expression: Node): boolean {
  const value = unwrap(expression);
  if (value.type === 'Identifier') {
    const init = file.definition(file.variableOf(value))?.init;
    if (init && isPromiseOfFile(file, init)) return true;
  }
  return isPromiseOfFile(file, value) || (!isFunction(value) && file.types?.isPromise(value) === true);
}

function isPromiseOfFile(file: TercetFile, expression: Node): boolean {
  const value = unwrap(expression);
  if (value.type === 'NewExpression') return file.isGlobal(unwrap(value.callee!), 'Promise');
  if (value.type !== 'CallExpression') return false;
  if (operationOf(file, value) !== undefined) return true;
  const fn = functionNamed(file, value.callee!);
  return fn?.async === true && fn.generator !== true;
}
