import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { keyName, type Node } from '../syntax/node.ts';

export const exceptionGroupDerive: RuleModule = defineRule<'missing'>({
  name: 'exception-group-derive',
  description: 'Require that a subclass of ExceptionGroup has a derive()',
  messages: {
    missing:
      'Parts of this group are plain ExceptionGroups: split(), subgroup() and handleGroup() make them by derive(). Override it, so that they stay of this class.',
  },
  create: (file, report) => {
    const check = (cls: Node): void => {
      const parent = cls.superClass ? file.export(cls.superClass) : undefined;
      if (parent?.package !== '@tercet/core' || parent.name !== 'ExceptionGroup') return;
      const members = ((cls.body as Node).body ?? []) as readonly Node[];
      if (members.some(({ key, computed }) => key !== undefined && keyName(key, computed === true) === 'derive'))
        return;
      report({ node: cls.id ?? cls, messageId: 'missing' });
    };
    return { ClassDeclaration: check, ClassExpression: check };
  },
});
