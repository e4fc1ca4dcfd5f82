import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { nameOfPattern, type Node } from '../syntax/node.ts';

export const noTimeoutParameter: RuleModule = defineRule<'callers'>({
  name: 'no-timeout-parameter',
  type: 'suggestion',
  description: 'Disallow parameters for time limits',
  messages: {
    callers:
      "Callers limit the time themselves: failAfter(limit, () => work()), or moveOnAfter(). Then the limit holds for all that is called, and this function does not need '{{name}}'.",
  },
  create: (_file, report) => {
    const check = (fn: Node): void => {
      if (fn.async !== true) return;
      for (const parameter of fn.params ?? []) {
        const name = nameOfPattern(parameter);
        if (name !== undefined && isTimeLimit.test(name))
          report({ node: parameter, messageId: 'callers', data: { name } });
      }
    };
    return { ArrowFunctionExpression: check, FunctionDeclaration: check, FunctionExpression: check };
  },
});

const isTimeLimit = /^(timeout|timeLimit|deadline)(Ms|Millis|Milliseconds|Seconds|InMs)?$/;
