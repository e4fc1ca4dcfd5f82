import { checkRule } from '../rule-cases.ts';

checkRule('no-timeout-parameter', {
  valid: [
    'async function f(url: string) {}',
    'function f(timeout: number) {}',
    'async function f({ timeout }: any) {}',
    'const f = async (options: any) => options.timeout;',
  ],
  invalid: [
    ['async function f(url: string, timeout: number) {}', 'callers'],
    ['const f = async (timeoutMs = 1000) => {};', 'callers'],
    ['class A { async f(deadline: number) {} }', 'callers'],
    ['const f = async function (timeLimit: number) {};', 'callers'],
  ],
});
