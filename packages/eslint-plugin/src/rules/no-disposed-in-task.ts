import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { isWithin } from '../syntax/functions.ts';
import { isIdentifier, methodCall, outside, unwrap, type Node } from '../syntax/node.ts';
import { everything } from '../syntax/walk.ts';
import { takingOf } from '../tercet/instances.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

export const noDisposedInTask: RuleModule = defineRule<'disposed'>({
  name: 'no-disposed-in-task',
  description: 'Disallow tasks that use what is disposed of before they end',
  messages: {
    disposed:
      "'{{name}}' is disposed of at the end of its block, and this task goes on until its nursery ends. Open the nursery inside the block, or let the task own what it uses.",
  },
  create: (file, report) => ({
    CallExpression(call) {
      const method = methodCall(call);
      if (method === undefined || !isSpawning(file, call)) return;
      for (const node of (call.arguments ?? []).flatMap((given) => [...everything(given, file.keys)])) {
        const block = isIdentifier(node) ? blockOfUsing(file, node, call) : undefined;
        if (block === undefined || isOpenedWithin(file, method.object, block)) continue;
        return report({ node, messageId: 'disposed', data: { name: node.name! } });
      }
    },
  }),
});

/** A task whose handle is not looked at: a handle that is kept may be joined before the block ends. */
function isSpawning(file: TercetFile, call: Node): boolean {
  const name = takingOf(file, call)?.name;
  return (
    (name === 'Nursery.startSoon' || name === 'Nursery.startService') && outside(call)?.type === 'ExpressionStatement'
  );
}

/** The block at whose end a variable is disposed of, if it is declared with `using` outside of the call. */
function blockOfUsing(file: TercetFile, identifier: Node, call: Node): Node | undefined {
  const [definition] = file.variableOf(identifier)?.defs ?? [];
  if (definition?.type !== 'Variable') return undefined;
  const declaration = definition.parent as unknown as Node;
  if (declaration.kind !== 'using' && declaration.kind !== 'await using') return undefined;
  if (isWithin(declaration, call)) return undefined;
  return declaration.parent ?? undefined;
}

function isOpenedWithin(file: TercetFile, nursery: Node, block: Node): boolean {
  const root = unwrap(nursery);
  return isIdentifier(root) && file.declaredIn(file.variableOf(root), block);
}
