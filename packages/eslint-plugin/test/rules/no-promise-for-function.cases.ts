import { checkRule } from '../rule-cases.ts';

checkRule('no-promise-for-function', {
  valid: [
    'await openNursery((nursery) => { nursery.startSoon(f); });',
    'await openNursery((nursery) => { nursery.startSoon(f, 1); });',
    'await openNursery((nursery) => { nursery.startSoon(makeTask(1)); });',
    'function makeTask() { return async () => { await sleep(1); }; } await openNursery((nursery) => { nursery.startSoon(makeTask()); });',
    'await run(() => sleep(1));',
    'await run(main);',
    'await race([() => sleep(1), f, g()]);',
    'await race(functions);',
    'await moveOnAfter(10, limit(f));',
    'await runner.run(sleep(1));',
    '{ const sleep = (n: number) => () => n; await run(sleep(1)); }',
    'function f(run: any) { run(sleep(1)); }',
    "import { run } from './other.js'; import { sleep } from '@tercet/core'; run(sleep(1));",
    'const task = async () => {}; await run(task);',
  ],
  invalid: [
    ['await run(sleep(1));', 'promise', 'wrap: await run(() => sleep(1));'],
    [
      'async function main() {} await run(main());',
      'promise',
      'wrap: async function main() {} await run(() => main());',
    ],
    [
      'const main = async () => {}; await run(main());',
      'promise',
      'wrap: const main = async () => {}; await run(() => main());',
    ],
    [
      'await openNursery((nursery) => { nursery.startSoon(sleep(1)); });',
      'promise',
      'wrap: await openNursery((nursery) => { nursery.startSoon(() => sleep(1)); });',
    ],
    [
      'async function work(n: number) {} function f(nursery: Nursery) { nursery.startSoon(work(1)); }',
      'promise',
      'wrap: async function work(n: number) {} function f(nursery: Nursery) { nursery.startSoon(() => work(1)); }',
    ],
    ['await moveOnAfter(10, sleep(5));', 'promise', 'wrap: await moveOnAfter(10, () => sleep(5));'],
    ['await failAfter(10, (async () => {})());', 'promise', 'wrap: await failAfter(10, () => (async () => {})());'],
    ['await shielded(sleep(5));', 'promise', 'wrap: await shielded(() => sleep(5));'],
    ['await openNursery(sleep(5));', 'promise', 'wrap: await openNursery(() => sleep(5));'],
    ['await new CancelScope().run(sleep(5));', 'promise', 'wrap: await new CancelScope().run(() => sleep(5));'],
    ['await race([sleep(5), () => sleep(6)]);', 'promise', 'wrap: await race([() => sleep(5), () => sleep(6)]);'],
    ['await all([f, sleep(5)]);', 'promise', 'wrap: await all([f, () => sleep(5)]);'],
    [
      'const p = sleep(5); await moveOnAfter(1, p);',
      'promise',
      'wrap: const p = sleep(5); await moveOnAfter(1, () => p);',
    ],
    ['await run(new Promise(() => {}));', 'promise', 'wrap: await run(() => new Promise(() => {}));'],
    ['await run(sleep(await f()));', 'promise'],
    [
      "import * as core from '@tercet/core'; core.run(core.sleep(1));",
      'promise',
      "wrap: import * as core from '@tercet/core'; core.run(() => core.sleep(1));",
    ],
    [
      "const { run: go, sleep } = require('@tercet/core'); go(sleep(1));",
      'promise',
      "wrap: const { run: go, sleep } = require('@tercet/core'); go(() => sleep(1));",
    ],
  ],
});
