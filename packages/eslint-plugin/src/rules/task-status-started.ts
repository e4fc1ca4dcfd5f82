import type { Scope } from 'eslint';
import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { isFunction } from '../syntax/functions.ts';
import { isIdentifier, memberName, outside, nameOfPattern, type Node } from '../syntax/node.ts';
import { annotatedClass, takerOf, takingOf } from '../tercet/instances.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

type Message = 'never' | 'notTaken';

export const taskStatusStarted: RuleModule = defineRule<Message>({
  name: 'task-status-started',
  description: 'Require that a function which takes a task status calls started()',
  messages: {
    never:
      "Nothing calls '{{name}}.started()', so nursery.start() waits until this task ends, and then fails. Call it when the task is ready, or pass '{{name}}' on to the function that does.",
    notTaken:
      "'start' waits for taskStatus.started(), and this function does not take the task status. Take it and call started(), or use startSoon().",
  },
  create: (file, report) => {
    const check = (fn: Node): void => {
      if (!fn.body) return;
      for (const name of statusNames(file, fn)) {
        const variable = declaredBy(file, fn, name);
        if (variable !== undefined && !isPassedOn(variable))
          report({ node: name, messageId: 'never', data: { name: name.name! } });
      }
    };
    return {
      ArrowFunctionExpression: check,
      FunctionDeclaration: check,
      FunctionExpression: check,
      CallExpression(call) {
        const taker = takingOf(file, call);
        const fn = taker?.gives === 'TaskStatus' ? call.arguments?.[0] : undefined;
        if (isFunction(fn) && fn.params?.length === 0) report({ node: fn, messageId: 'notTaken' });
      },
    };
  },
});

/** The parameters of a function that hold a task status: by their type, by their default, by the call that takes the function. */
function statusNames(file: TercetFile, fn: Node): Node[] {
  const found: Node[] = [];
  const look = (pattern: Node | null | undefined, isStatus: boolean): void => {
    switch (pattern?.type ?? '') {
      case 'Identifier':
        if (isStatus || annotatedClass(file, pattern!) === 'TaskStatus') found.push(pattern!);
        break;
      case 'AssignmentPattern':
        look(pattern!.left, isStatus || file.export(pattern!.right!)?.name === 'TASK_STATUS_IGNORED');
        break;
      case 'ObjectPattern':
        for (const { type, value } of pattern!.properties ?? []) if (type === 'Property') look(value as Node, false);
        break;
    }
  };
  fn.params?.forEach((parameter, index) => look(parameter, index === 0 && takerOf(file, fn)?.gives === 'TaskStatus'));
  return found;
}

function declaredBy(file: TercetFile, fn: Node, name: Node): Scope.Variable | undefined {
  const declared = file.sourceCode.getDeclaredVariables(fn as never);
  return declared.find((variable) => variable.name === nameOfPattern(name));
}

/** Whether anything calls `started`, or passes the status to code that may. */
function isPassedOn({ references }: Scope.Variable): boolean {
  return references.some((reference) => {
    const identifier = reference.identifier as unknown as Node;
    if (!reference.isRead() || !isIdentifier(identifier)) return false;
    const outer = outside(identifier);
    return outer?.type !== 'MemberExpression' || outer.object !== identifier || memberName(outer) === 'started';
  });
}
