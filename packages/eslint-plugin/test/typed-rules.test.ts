import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import * as parser from '@typescript-eslint/parser';
import { Linter } from 'eslint';
import plugin from '../src/index.ts';

// Cases that the rules find only with types. Without types, they must not report anything there.
const folder = fileURLToPath(new URL('fixtures/typed/', import.meta.url));
const imports =
  "import { moveOnAfter, openNursery, run, sleep } from '@tercet/core'; import { bail, lock, makeTask, other, receiver, requestId, scope, sender, task, work } from './resources.ts';\n";
const linter = new Linter({ cwd: folder });

const reported: readonly [rule: string, code: string][] = [
  ['no-floating-operation', 'export async function f() { lock.acquire(); }'],
  ['no-floating-operation', 'export async function f() { const item = receiver.receive(); }'],
  ['no-floating-operation', 'export async function f() { void task.join(); }'],
  ['no-floating-operation', 'export async function f() { scope.run(() => work()); }'],
  [
    'no-promise-combinators-over-operations',
    'export const f = () => Promise.race([receiver.receive(), sender.send("a")]);',
  ],
  ['no-promise-for-function', 'export const f = () => run(work());'],
  [
    'no-promise-for-function',
    'export const f = () => openNursery((nursery) => { nursery.startSoon(work() as any as () => void); });',
  ],
  [
    'no-operation-from-outer-scope',
    'export async function f() { const item = receiver.receive(); await moveOnAfter(1, () => item); }',
  ],
  ['no-context-set-in-foreign-callback', 'process.on("exit", () => { requestId.set("a"); });'],
];

const silent: readonly [rule: string, code: string][] = [
  ['no-floating-operation', 'export async function f() { await lock.acquire(); await other.wait(); }'],
  ['no-floating-operation', 'export async function f() { other.wait(); work(); }'],
  ['no-floating-operation', 'export async function f() { scope.cancel(); sender.sendNowait("a"); }'],
  ['no-floating-operation', 'export async function f() { void run(() => sleep(1)); }'],
  ['no-promise-combinators-over-operations', 'export const f = () => Promise.race([other.wait(), fetch("a")]);'],
  ['no-promise-for-function', 'export const f = () => run(makeTask());'],
  [
    'no-operation-from-outer-scope',
    'export async function f() { const p = other.wait(); await moveOnAfter(1, () => p); }',
  ],
  ['no-context-set-in-foreign-callback', 'process.on("exit", () => { other.set("a"); });'],
  ['no-swallowed-cancel', 'export async function f() { try { await lock.acquire(); } catch (error) { bail(error); } }'],
];

describe('with types', () => {
  it.each(reported)('%s reports: %s', (rule, code) => {
    expect(lint(rule, code, true)).toEqual([`@tercet/${rule}`]);
  });

  it.each(silent)('%s says nothing about: %s', (rule, code) => {
    expect(lint(rule, code, true)).toEqual([]);
  });
});

describe('without types', () => {
  it.each(reported.filter(([, code]) => !code.includes('as any')))('%s says nothing about: %s', (rule, code) => {
    expect(lint(rule, code, false)).toEqual([]);
  });
});

function lint(rule: string, code: string, typed: boolean): (string | null)[] {
  // With CI set the parser would otherwise read the file from the disk once, and not see the code of each test.
  const parserOptions = typed
    ? { project: './tsconfig.json', tsconfigRootDir: folder, disallowAutomaticSingleRunInference: true }
    : {};
  const found = linter.verify(
    imports + code,
    [
      {
        files: ['**/*.ts'],
        languageOptions: { parser: parser as never, parserOptions },
        plugins: { '@tercet': plugin as never },
        rules: { [`@tercet/${rule}`]: 'error' },
      },
    ],
    `${folder}file.ts`,
  );
  return found.map(({ ruleId, message }) => ruleId ?? message);
}
