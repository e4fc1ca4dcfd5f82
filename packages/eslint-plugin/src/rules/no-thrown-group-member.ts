import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { isIdentifier, memberName, methodCall, unwrap, type Node } from '../syntax/node.ts';

export const noThrownGroupMember: RuleModule = defineRule<'others'>({
  name: 'no-thrown-group-member',
  description: 'Disallow throwing one error of a group',
  messages: {
    others:
      'The other errors of the group are lost. Use soleError(), which throws the group when there are several, or handleGroup().',
  },
  create: (_file, report) => ({
    ThrowStatement({ argument }) {
      const thrown = unwrap(argument!);
      if (thrown.type !== 'MemberExpression' || thrown.computed !== true) return;
      const { type, value } = unwrap(thrown.property!);
      if (type === 'Literal' && typeof value === 'number' && isMembers(unwrap(thrown.object!))) {
        report({ node: thrown, messageId: 'others' });
      }
    },
  }),
});

/** `group.errors`, or `group.leaves()`. */
function isMembers(list: Node): boolean {
  if (list.type === 'MemberExpression') return memberName(list) === 'errors' && isIdentifier(unwrap(list.object!));
  return methodCall(list)?.name === 'leaves';
}
