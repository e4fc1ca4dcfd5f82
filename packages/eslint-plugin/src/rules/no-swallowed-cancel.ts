import { isForeign } from '../tercet/foreign.ts';
import { functionSwallows, namesIn, swallows } from '../catching/handler.ts';
import { defineRule, type Edit, type Offer } from '../defining/define-rule.ts';
import { before, replaced, tercetName } from '../fixing/tercet-name.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { functionAround, isFunction, resultExpression } from '../syntax/functions.ts';
import { methodCall, statementsOf, unwrap, nameOfPattern, type Node } from '../syntax/node.ts';
import { everything, runningIn } from '../syntax/walk.ts';
import { operationOf } from '../tercet/operations.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

type Message = 'caught' | 'caughtByMethod' | 'rethrow';

export const noSwallowedCancel: RuleModule = defineRule<Message>({
  name: 'no-swallowed-cancel',
  description: 'Disallow handlers that catch Cancelled and do not throw it again',
  messages: {
    caught:
      "This 'catch' also catches Cancelled, and a way through it does not throw it again: the task goes on although it was cancelled. Handle only the errors that you mean (if (!(error instanceof X)) throw error), or begin with rethrowIfCancelled(error).",
    caughtByMethod:
      "This function of '.{{method}}()' also catches Cancelled and does not throw it again: the task goes on although it was cancelled. Handle only the errors that you mean, or begin with rethrowIfCancelled(error).",
    rethrow: 'Begin with {{name}}({{error}}).',
  },
  offers: true,
  create: (file, report) => ({
    TryStatement({ block, handler }) {
      if (!handler || !mayBeCancelled(file, block!)) return;
      const names = namesIn(file, handler.param);
      const statements = statementsOf(handler.body);
      const around = functionAround(handler) ?? (file.sourceCode.ast as unknown as Node);
      if (!swallows(file, { names, statements, around })) return;
      report({ node: handler, messageId: 'caught', offers: [offerForCatch(file, handler)] });
    },
    CallExpression(call) {
      const method = methodCall(call);
      const fn = method && call.arguments?.[handlerAt.get(method.name) ?? -1];
      if (!isFunction(fn) || !startsWithOperation(file, method!.object)) return;
      if (!functionSwallows(file, fn, 0)) return;
      const data = { method: method!.name };
      report({ node: fn, messageId: 'caughtByMethod', data, offers: [offerForFunction(file, fn)] });
    },
  }),
});

/** Where a method of promises takes the function that handles the error. */
const handlerAt: ReadonlyMap<string, number> = new Map([
  ['catch', 0],
  ['then', 1],
]);

/** Whether a block waits for anything that may be an operation of ours. */
function mayBeCancelled(file: TercetFile, block: Node): boolean {
  for (const node of runningIn(block, file.keys)) {
    if (node.type === 'AwaitExpression' && !isForeign(file, node.argument!)) return true;
    if (node.type === 'ForOfStatement' && node.await === true && !isForeign(file, node.right!)) return true;
  }
  return false;
}

function startsWithOperation(file: TercetFile, promise: Node): boolean {
  const method = methodCall(unwrap(promise));
  if (method !== undefined && /^(then|finally)$/.test(method.name)) return startsWithOperation(file, method.object);
  return operationOf(file, promise) !== undefined;
}

function offerForCatch(file: TercetFile, handler: Node): Offer<Message> | undefined {
  const error = handler.param ? nameOfPattern(handler.param) : freeName(file, handler.body as Node);
  if (error === undefined) return undefined;
  const parameter = handler.param ? [] : [before(handler.body as Node, `(${error}) `)];
  return offer(file, handler.body as Node, error, parameter);
}

function offerForFunction(file: TercetFile, fn: Node): Offer<Message> | undefined {
  const [parameter, ...others] = fn.params ?? [];
  const error = parameter === undefined ? undefined : nameOfPattern(parameter);
  if (error === undefined || others.length > 0) return undefined;
  const result = resultExpression(fn);
  if (result === undefined) return offer(file, fn.body as Node, error, []);
  const known = tercetName(file, fn, 'rethrowIfCancelled');
  if (known === undefined) return undefined;
  const body = fn.body as Node;
  // `(error) => ({})` has its parentheses outside of the body's range.
  if (body.type === 'ObjectExpression' || body.type === 'SequenceExpression') return undefined;
  const block = replaced(body, `{ ${known.text}(${error}); return ${file.text(body)}; }`);
  return { messageId: 'rethrow', data: { name: known.text, error }, edits: [...known.edits, block] };
}

function offer(file: TercetFile, block: Node, error: string, edits: readonly Edit[]): Offer<Message> | undefined {
  const known = tercetName(file, block, 'rethrowIfCancelled');
  if (known === undefined) return undefined;
  const insert: Edit = (fixer) =>
    fixer.insertTextAfterRange([block.range[0], block.range[0] + 1], ` ${known.text}(${error});`);
  return { messageId: 'rethrow', data: { name: known.text, error }, edits: [...known.edits, ...edits, insert] };
}

/** A name for the error that the block does not use for something else. */
function freeName(file: TercetFile, block: Node): string | undefined {
  const used = new Set([...everything(block, file.keys)].map(({ name }) => name));
  return ['error', 'caught', 'reason'].find((name) => !used.has(name));
}
