import { defineRule, type Offer } from '../defining/define-rule.ts';
import { before } from '../fixing/tercet-name.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { isFunction, mayAwait } from '../syntax/functions.ts';
import { isIdentifier, methodCall, outside, unwrap, type Node } from '../syntax/node.ts';
import { operationOf } from '../tercet/operations.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

type Message = 'discarded' | 'unused' | 'using' | 'await';

/** Where the promise of an operation ends up without having been awaited. */
interface Loss {
  readonly messageId: Message;
  /** The expression to put `await` in front of. */
  readonly promise: Node;
  readonly variable?: string;
}

export const noFloatingOperation: RuleModule = defineRule<Message>({
  name: 'no-floating-operation',
  description: 'Require that each operation of Tercet is awaited',
  messages: {
    discarded:
      "Nothing waits for '{{name}}'. The scope it was started in will cancel it and fail with UnawaitedError. Await it, or give it a task of its own with nursery.startSoon().",
    unused:
      "'{{variable}}' holds the promise of '{{name}}', and nothing awaits it. The scope it was started in will cancel it and fail with UnawaitedError. Await it.",
    using:
      "'{{name}}' returns a promise, and a promise cannot be disposed of. Await it, so that '{{variable}}' is the resource.",
    await: "Await '{{name}}'.",
  },
  offers: true,
  create: (file, report) => ({
    CallExpression(call) {
      const name = operationOf(file, call);
      const loss = name === undefined ? undefined : lossOf(file, call);
      if (name === undefined || loss === undefined) return;
      const { messageId, promise, variable = '' } = loss;
      const offer: Offer<Message> = { messageId: 'await', data: { name }, edits: [before(promise, 'await ')] };
      const offers = mayAwait(promise, file.isModule) && !isVoid(promise) ? [offer] : [];
      report({ node: call, messageId, data: { name, variable }, offers });
    },
  }),
});

function lossOf(file: TercetFile, call: Node): Loss | undefined {
  let promise = call;
  for (let value = call, outer = outside(call); outer !== undefined; value = outer, outer = outside(outer)) {
    switch (outer.type) {
      case 'MemberExpression': {
        // .then(), .catch() and .finally() make another promise of the same operation.
        const next = outside(outer);
        const method = next && methodCall(next);
        if (
          method === undefined ||
          unwrap(method.object) !== unwrap(value) ||
          !/^(then|catch|finally)$/.test(method.name)
        ) {
          return undefined;
        }
        promise = outer = next!;
        break;
      }
      case 'UnaryExpression':
        if (outer.operator !== 'void') return undefined;
        break;
      case 'LogicalExpression':
        if (unwrap(outer.left!) === unwrap(value)) return undefined;
        break;
      case 'ConditionalExpression':
        if (unwrap(outer.test!) === unwrap(value)) return undefined;
        break;
      case 'SequenceExpression':
        if (outer.expressions?.at(-1) !== value) return { messageId: 'discarded', promise };
        break;
      case 'ExpressionStatement':
        return { messageId: 'discarded', promise };
      case 'ArrowFunctionExpression':
        return isDiscarding(file, outer) ? { messageId: 'discarded', promise } : undefined;
      case 'VariableDeclarator':
        return lossInVariable(file, outer, promise);
      case 'AssignmentExpression':
        return lossInAssignment(file, outer, promise);
      default:
        return undefined;
    }
  }
  return undefined;
}

/** A function whose result is ignored, such as the callback of a list's `forEach` or of a timer. */
function isDiscarding(file: TercetFile, fn: Node): boolean {
  const call = outside(fn);
  if (call?.type !== 'CallExpression' || !isFunction(fn) || call.arguments?.[0] !== fn) return false;
  // The forEach of a Flow waits for what its function returns. That of a list has no result to await.
  if (methodCall(call)?.name === 'forEach') {
    return operationOf(file, call) === undefined && outside(call)?.type !== 'AwaitExpression';
  }
  return ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'].some((name) =>
    file.isGlobal(call.callee!, name),
  );
}

function lossInVariable(file: TercetFile, declarator: Node, promise: Node): Loss | undefined {
  const { id, parent: declaration } = declarator;
  if (!isIdentifier(id)) return undefined;
  if (declaration?.kind?.endsWith('using')) return { messageId: 'using', promise, variable: id.name };
  if (declaration?.parent?.type === 'ExportNamedDeclaration') return undefined;
  return isRead(file, id) ? undefined : { messageId: 'unused', promise, variable: id.name };
}

function lossInAssignment(file: TercetFile, { left, parent }: Node, promise: Node): Loss | undefined {
  if (!isIdentifier(left) || parent?.type !== 'ExpressionStatement') return undefined;
  const isOurs = (file.variableOf(left)?.defs.length ?? 0) > 0;
  return !isOurs || isRead(file, left) ? undefined : { messageId: 'unused', promise, variable: left.name };
}

function isRead(file: TercetFile, identifier: Node): boolean {
  return file.variableOf(identifier)?.references.some((reference) => reference.isRead()) ?? true;
}

function isVoid(promise: Node): boolean {
  return promise.parent?.type === 'UnaryExpression';
}
