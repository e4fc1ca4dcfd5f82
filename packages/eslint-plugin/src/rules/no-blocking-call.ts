import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { functionAround } from '../syntax/functions.ts';
import { memberName, unwrap, type Node } from '../syntax/node.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

interface Options {
  /** Names of functions that may block. */
  readonly allow: readonly string[];
}

/** Modules of Node with functions that block, and the packages that have the same as operations. */
const instead: Readonly<Record<string, string>> = {
  fs: "'@tercet/fs'",
  child_process: "'@tercet/proc'",
  crypto: "a worker of '@tercet/parallel'",
  zlib: "a worker of '@tercet/parallel'",
};

export const noBlockingCall: RuleModule = defineRule<'blocks', Options>({
  name: 'no-blocking-call',
  description: 'Disallow calls of Node that block all tasks, in async functions',
  messages: {
    blocks: "While '{{name}}' works, no other task goes on, and no timeout takes effect. Use {{instead}}.",
  },
  options: { allow: { type: 'array', items: { type: 'string' } } },
  create: (file, report, { allow = [] }) => ({
    CallExpression(call) {
      if (functionAround(call)?.async !== true) return;
      const called = blockingFunction(file, unwrap(call.callee!));
      if (called === undefined || allow.includes(called.name)) return;
      report({ node: call, messageId: 'blocks', data: { name: called.name, instead: instead[called.module]! } });
    },
  }),
});

function blockingFunction(file: TercetFile, callee: Node): { name: string; module: string } | undefined {
  const isMember = callee.type === 'MemberExpression';
  const root = isMember ? unwrap(callee.object!) : callee;
  const [definition] = root.type === 'Identifier' ? (file.variableOf(root)?.defs ?? []) : [];
  if (definition?.type !== 'ImportBinding') return undefined;
  const { imported } = definition.node as unknown as Node;
  const name = isMember ? memberName(callee) : imported?.name;
  const source = (definition.parent as unknown as Node | null)?.source?.value;
  const module = typeof source === 'string' ? source.replace(/^node:/, '') : '';
  return name?.endsWith('Sync') === true && Object.hasOwn(instead, module) ? { name, module } : undefined;
}
