// One file for all rules: each would load TypeScript's parser anew, which takes longer than its tests.
import './rules/exception-group-derive.cases.ts';
import './rules/no-blocking-call.cases.ts';
import './rules/no-busy-wait.cases.ts';
import './rules/no-constant-deadline.cases.ts';
import './rules/no-context-set-in-foreign-callback.cases.ts';
import './rules/no-disposed-in-task.cases.ts';
import './rules/no-floating-operation.cases.ts';
import './rules/no-loop-without-checkpoint.cases.ts';
import './rules/no-operation-from-outer-scope.cases.ts';
import './rules/no-promise-combinators-over-operations.cases.ts';
import './rules/no-promise-for-function.cases.ts';
import './rules/no-scope-without-await.cases.ts';
import './rules/no-swallowed-cancel.cases.ts';
import './rules/no-thrown-group-member.cases.ts';
import './rules/no-timeout-around-start-soon.cases.ts';
import './rules/no-timeout-parameter.cases.ts';
import './rules/no-unbounded-channel.cases.ts';
import './rules/no-unshielded-await-in-finally.cases.ts';
import './rules/no-useless-nursery.cases.ts';
import './rules/no-yield-while-holding.cases.ts';
import './rules/prefer-checkpoint.cases.ts';
import './rules/task-status-started.cases.ts';
import { readdirSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { aliases, allRules, rules } from '../src/rules.ts';

it('each rule has cases, and each file of cases is imported', () => {
  const files = readdirSync(new URL('rules', import.meta.url)).map((file) => file.replace('.cases.ts', ''));
  expect(files.sort()).toEqual(Object.keys(rules).sort());
});

it('other names lead to the same rules, and say which name to use', () => {
  for (const [alias, name] of Object.entries(aliases)) {
    const rule = rules[name]!;
    const meta = { ...rule.meta, deprecated: true, replacedBy: [name] };
    expect(allRules()[alias]).toEqual({ ...rule, meta });
  }
});
