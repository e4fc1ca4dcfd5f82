import { checkRule } from '../rule-cases.ts';

checkRule('no-operation-from-outer-scope', {
  valid: [
    'await moveOnAfter(1, () => sleep(9));',
    'await moveOnAfter(1, async () => { const p = sleep(9); await p; });',
    'const p = sleep(9); await moveOnAfter(1, () => abandonable(p));',
    'const p = fetch(url); await moveOnAfter(1, () => p);',
    'const p = sleep(9); await p;',
    'const p = sleep(9); const f = async () => { await p; };',
    'const make = () => sleep(9); await moveOnAfter(1, () => make);',
    'let p = sleep(9); p = fetch(url); await moveOnAfter(1, () => p);',
    'async function work() { await fetch(url); } const p = work(); await moveOnAfter(1, () => p);',
    '{ const sleep = (n: number) => fetch(n); const p = sleep(9); await moveOnAfter(1, () => p); }',
    'const p = sleep(9); { const p = f(); await moveOnAfter(1, () => p); } await p;',
    'function f(p: Promise<void>) { return moveOnAfter(1, () => p); }',
    'const p = run(() => sleep(1)); await moveOnAfter(1, () => p);',
    'const n = await sleep(9); await moveOnAfter(1, async () => { await n; });',
  ],
  invalid: [
    [
      'const p = sleep(9); await moveOnAfter(1, () => p);',
      'outside',
      'abandon: const p = sleep(9); await moveOnAfter(1, () => abandonable(p));',
    ],
    [
      'const p = sleep(9); await failAfter(1, async () => { await p; });',
      'outside',
      'abandon: const p = sleep(9); await failAfter(1, async () => { await abandonable(p); });',
    ],
    [
      'const p = sleep(9); await failAt(t, function () { return p; });',
      'outside',
      'abandon: const p = sleep(9); await failAt(t, function () { return abandonable(p); });',
    ],
    [
      'let p; p = sleep(9); await moveOnAt(t, () => p);',
      'outside',
      'abandon: let p; p = sleep(9); await moveOnAt(t, () => abandonable(p));',
    ],
    [
      'const p = sleep(9); await race([() => p, () => sleep(1)]);',
      'outside',
      'abandon: const p = sleep(9); await race([() => abandonable(p), () => sleep(1)]);',
    ],
    [
      'const p = sleep(9); await new CancelScope().run(() => p);',
      'outside',
      'abandon: const p = sleep(9); await new CancelScope().run(() => abandonable(p));',
    ],
    [
      'const p = sleep(9); await openNursery((n) => { n.startSoon(async () => { await p; }); });',
      'outside',
      'abandon: const p = sleep(9); await openNursery((n) => { n.startSoon(async () => { await abandonable(p); }); });',
    ],
    [
      'const p = sleep(9); await shielded(() => p!);',
      'outside',
      'abandon: const p = sleep(9); await shielded(() => abandonable(p)!);',
    ],
    [
      'const [, receiver] = openMemoryChannel<number>(0); const p = receiver.receive(); await moveOnAfter(1, () => p);',
      'outside',
      'abandon: const [, receiver] = openMemoryChannel<number>(0); const p = receiver.receive(); await moveOnAfter(1, () => abandonable(p));',
    ],
    [
      'async function work() { await sleep(1); } const p = work(); await moveOnAfter(1, () => p);',
      'outside',
      'abandon: async function work() { await sleep(1); } const p = work(); await moveOnAfter(1, () => abandonable(p));',
    ],
    [
      'const p = sleep(9); await moveOnAfter(1, async () => { const f = async () => { await p; }; await f(); });',
      'outside',
      'abandon: const p = sleep(9); await moveOnAfter(1, async () => { const f = async () => { await abandonable(p); }; await f(); });',
    ],
    [
      "import { moveOnAfter, sleep } from '@tercet/core'; const p = sleep(9); await moveOnAfter(1, () => p);",
      'outside',
      "abandon: import { moveOnAfter, sleep, abandonable } from '@tercet/core'; const p = sleep(9); await moveOnAfter(1, () => abandonable(p));",
    ],
    [
      "import * as t from '@tercet/core'; const p = t.sleep(9); await t.moveOnAfter(1, () => p);",
      'outside',
      "abandon: import * as t from '@tercet/core'; const p = t.sleep(9); await t.moveOnAfter(1, () => t.abandonable(p));",
    ],
    [
      "const { moveOnAfter, sleep } = require('@tercet/core'); const p = sleep(9); moveOnAfter(1, () => p);",
      'outside',
      "abandon: const { moveOnAfter, sleep, abandonable } = require('@tercet/core'); const p = sleep(9); moveOnAfter(1, () => abandonable(p));",
    ],
  ],
});
