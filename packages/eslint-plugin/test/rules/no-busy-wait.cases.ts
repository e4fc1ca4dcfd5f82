import { checkRule } from '../rule-cases.ts';

checkRule('no-busy-wait', {
  valid: [
    'async function f() { while (true) { await sleep(1000); } }',
    'async function f() { while (!done) { await sleep(10); work(); } }',
    'async function f() { while (!done) { await work(); } }',
    'async function f() { for (let i = 0; i < 3; i++) { await sleep(10); } }',
    'async function f() { for (const x of xs) { await sleep(10); } }',
    'async function f() { while (!done) { await other.sleep(10); } }',
    'async function f(sleep: any) { while (!done) { await sleep(10); } }',
    '{ const sleep = (n: number) => n; while (!done) await sleep(1); }',
    'async function f() { await event.wait(); }',
    "import { sleep } from './other.js'; import { run } from '@tercet/core'; async function f() { while (!done) await sleep(1); }",
    'async function f() { while (await next()) {} }',
  ],
  invalid: [
    ['async function f() { while (!done) { await sleep(10); } }', 'polls'],
    ['async function f() { while (!done) await sleep(10); }', 'polls'],
    ['async function f() { while (!(await isReady())) { await sleep({ seconds: 1 }); } }', 'polls'],
    ['async function f() { do { await sleep(10); } while (!done); }', 'polls'],
    ['async function f() { for (; !done; ) { await sleep(10); } }', 'polls'],
    ['async function f() { while (queue.length === 0) { await checkpoint(); } }', 'polls'],
    ['const f = async () => { while (!this.done) { await (sleep(10) as any); } };', 'polls'],
    ["import * as core from '@tercet/core'; async function f() { while (!done) await core.sleep(1); }", 'polls'],
    ["import { sleep as nap } from '@tercet/core'; async function f() { while (!done) await nap(1); }", 'polls'],
    ["const { sleep } = require('@tercet/core'); async function f() { while (!done) await sleep(1); }", 'polls'],
  ],
});
