import type { RuleModule } from './plugin-shape.ts';
import { exceptionGroupDerive } from './rules/exception-group-derive.ts';
import { noBlockingCall } from './rules/no-blocking-call.ts';
import { noBusyWait } from './rules/no-busy-wait.ts';
import { noConstantDeadline } from './rules/no-constant-deadline.ts';
import { noContextSetInForeignCallback } from './rules/no-context-set-in-foreign-callback.ts';
import { noDisposedInTask } from './rules/no-disposed-in-task.ts';
import { noFloatingOperation } from './rules/no-floating-operation.ts';
import { noLoopWithoutCheckpoint } from './rules/no-loop-without-checkpoint.ts';
import { noOperationFromOuterScope } from './rules/no-operation-from-outer-scope.ts';
import { noPromiseCombinatorsOverOperations } from './rules/no-promise-combinators-over-operations.ts';
import { noPromiseForFunction } from './rules/no-promise-for-function.ts';
import { noScopeWithoutAwait } from './rules/no-scope-without-await.ts';
import { noSwallowedCancel } from './rules/no-swallowed-cancel.ts';
import { noThrownGroupMember } from './rules/no-thrown-group-member.ts';
import { noTimeoutAroundStartSoon } from './rules/no-timeout-around-start-soon.ts';
import { noTimeoutParameter } from './rules/no-timeout-parameter.ts';
import { noUnboundedChannel } from './rules/no-unbounded-channel.ts';
import { noUnshieldedAwaitInFinally } from './rules/no-unshielded-await-in-finally.ts';
import { noUselessNursery } from './rules/no-useless-nursery.ts';
import { noYieldWhileHolding } from './rules/no-yield-while-holding.ts';
import { preferCheckpoint } from './rules/prefer-checkpoint.ts';
import { taskStatusStarted } from './rules/task-status-started.ts';

/** Each rule, by its name. */
export const rules: Readonly<Record<string, RuleModule>> = {
  'exception-group-derive': exceptionGroupDerive,
  'no-blocking-call': noBlockingCall,
  'no-busy-wait': noBusyWait,
  'no-constant-deadline': noConstantDeadline,
  'no-context-set-in-foreign-callback': noContextSetInForeignCallback,
  'no-disposed-in-task': noDisposedInTask,
  'no-floating-operation': noFloatingOperation,
  'no-loop-without-checkpoint': noLoopWithoutCheckpoint,
  'no-operation-from-outer-scope': noOperationFromOuterScope,
  'no-promise-combinators-over-operations': noPromiseCombinatorsOverOperations,
  'no-promise-for-function': noPromiseForFunction,
  'no-scope-without-await': noScopeWithoutAwait,
  'no-swallowed-cancel': noSwallowedCancel,
  'no-thrown-group-member': noThrownGroupMember,
  'no-timeout-around-start-soon': noTimeoutAroundStartSoon,
  'no-timeout-parameter': noTimeoutParameter,
  'no-unbounded-channel': noUnboundedChannel,
  'no-unshielded-await-in-finally': noUnshieldedAwaitInFinally,
  'no-useless-nursery': noUselessNursery,
  'no-yield-while-holding': noYieldWhileHolding,
  'prefer-checkpoint': preferCheckpoint,
  'task-status-started': taskStatusStarted,
};

/** Other names of rules, and the names to use in their place. */
export const aliases: Readonly<Record<string, string>> = {
  'no-operation-started-outside': 'no-operation-from-outer-scope',
  'no-promise-combinators': 'no-promise-combinators-over-operations',
  'no-swallowed-cancelled': 'no-swallowed-cancel',
  'no-unawaited-operation': 'no-floating-operation',
  'require-function': 'no-promise-for-function',
  'scope-without-await': 'no-scope-without-await',
};

/** The rules under all of their names. Other names are marked as deprecated, so that editors and ESLint say which to use. */
export function allRules(): Record<string, RuleModule> {
  const others = Object.entries(aliases).map(([alias, name]): [string, RuleModule] => {
    const rule = rules[name]!;
    return [alias, { ...rule, meta: { ...rule.meta, deprecated: true, replacedBy: [name] } }];
  });
  return { ...rules, ...Object.fromEntries(others) };
}
