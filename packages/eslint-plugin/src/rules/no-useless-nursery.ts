import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { bodyStatements, isFunction, resultExpression } from '../syntax/functions.ts';
import { isIdentifier, methodCall, nameOfPattern, unwrap, type Node } from '../syntax/node.ts';

export const noUselessNursery: RuleModule = defineRule<'one'>({
  name: 'no-useless-nursery',
  type: 'suggestion',
  description: 'Disallow nurseries that start one task, and nothing else',
  messages: {
    one: 'A nursery with one task waits for that task. Call the function in its place: await work().',
  },
  create: (file, report) => ({
    CallExpression(call) {
      const [body, ...others] = call.arguments ?? [];
      if (file.calls(call, '@tercet/core') !== 'openNursery' || !isFunction(body) || others.length > 0) return;
      const nursery = nameOfPattern(body.params?.[0]);
      const statements = bodyStatements(body);
      const only = resultExpression(body) ?? (statements.length === 1 ? expressionOf(statements[0]!) : undefined);
      const started = only && methodCall(only);
      // A task that gets the nursery may start others in it.
      if (started?.name !== 'startSoon' || !isIdentifier(unwrap(started.object), nursery)) return;
      if (nursery !== undefined && countOf(nursery, file.text(body)) === 2)
        report({ node: call.callee!, messageId: 'one' });
    },
  }),
});

function expressionOf({ type, expression }: Node): Node | undefined {
  return type === 'ExpressionStatement' ? unwrap(expression as Node) : undefined;
}

function countOf(name: string, text: string): number {
  return text.split(new RegExp(`(?<![.\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`)).length - 1;
}
