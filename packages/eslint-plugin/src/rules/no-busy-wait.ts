import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { statementsOf, unwrap, type Node } from '../syntax/node.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

export const noBusyWait: RuleModule = defineRule<'polls'>({
  name: 'no-busy-wait',
  type: 'suggestion',
  description: 'Disallow loops that sleep until a condition holds',
  messages: {
    polls:
      "This loop asks again and again whether something has happened. Wait for it: with an Event, a Condition, an AsyncValue or a channel of '@tercet/sync'.",
  },
  create: (file, report) => {
    const check = (loop: Node): void => {
      if (!loop.test || isConstant(loop.test) || loop.update) return;
      const statements = statementsOf(loop.body).filter(({ type }) => type !== 'EmptyStatement');
      if (statements.length > 0 && statements.every((statement) => sleeps(file, statement))) {
        report({ node: loop.test, messageId: 'polls' });
      }
    };
    return { DoWhileStatement: check, ForStatement: check, WhileStatement: check };
  },
});

function isConstant(test: Node): boolean {
  return unwrap(test).type === 'Literal';
}

function sleeps(file: TercetFile, { type, expression }: Node): boolean {
  const value = type === 'ExpressionStatement' ? unwrap(expression as Node) : undefined;
  const awaited = value?.type === 'AwaitExpression' ? unwrap(value.argument!) : undefined;
  const name = awaited && file.calls(awaited, '@tercet/core');
  return name === 'sleep' || name === 'checkpoint';
}
