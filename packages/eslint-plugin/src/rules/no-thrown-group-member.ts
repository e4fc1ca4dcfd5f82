import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { isIdentifier, memberName, methodCall, unwrap, type Node } from '../syntax/node.ts';
import { instanceOf } from '../tercet/instances.ts';
import { farthest, type TercetFile } from '../tercet/tercet-file.ts';

export const noThrownGroupMember: RuleModule = defineRule<'others'>({
  name: 'no-thrown-group-member',
  description: 'Disallow throwing one error of a group',
  messages: {
    others:
      'The other errors of the group are lost. Use soleError(), which throws the group when there are several, or handleGroup().',
  },
  create: (file, report) => ({
    ThrowStatement({ argument }) {
      const thrown = unwrap(argument!);
      if (thrown.type !== 'MemberExpression' || thrown.computed !== true) return;
      const { type, value } = unwrap(thrown.property!);
      if (type === 'Literal' && typeof value === 'number' && isMembers(file, unwrap(thrown.object!))) {
        report({ node: thrown, messageId: 'others' });
      }
    },
  }),
});

/** `group.errors`, or `group.leaves()`. */
function isMembers(file: TercetFile, list: Node): boolean {
  if (list.type === 'MemberExpression') return memberName(list) === 'errors' && isGroup(file, list.object!);
  const method = methodCall(list);
  return method?.name === 'leaves' && isGroup(file, method.object);
}

/** Whether an expression is an ExceptionGroup, or what a `catch` caught, which may be one. Other things have `errors` too. */
function isGroup(file: TercetFile, expression: Node, depth = 0): boolean {
  if (instanceOf(file, expression) === 'ExceptionGroup') return true;
  const node = unwrap(expression);
  if (!isIdentifier(node) || depth > farthest) return false;
  const variable = file.variableOf(node);
  if (variable?.defs[0]?.type === 'CatchClause') return true;
  const { declarator, init } = file.definition(variable) ?? {};
  return init !== undefined && isIdentifier(declarator?.id) && isGroup(file, init, depth + 1);
}
