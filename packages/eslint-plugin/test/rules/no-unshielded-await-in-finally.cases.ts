import { checkRule } from '../rule-cases.ts';

const inFinally = (statement: string): string =>
  `async function f(x: any) { try { await g(); } finally { ${statement} } }`;

const inShield = (fn: string, more = ''): string => `async function f(x: any) { await shielded(${fn}${more}); }`;
const inScope = (options: string): string =>
  `async function f(x: any) { await new CancelScope(${options}).run(${fn}); }`;
const fn = 'async () => { try { await g(); } finally { await h(); } }';

checkRule('no-unshielded-await-in-finally', {
  valid: [
    inFinally('done();'),
    inFinally('await shielded(async () => { await sleep(1); });'),
    inFinally('await shielded(() => x.goodbye(), { timeout: 100 });'),
    inFinally('await x.close();'),
    inFinally('await x?.close();'),
    inFinally('await x[Symbol.asyncDispose]();'),
    inFinally('await moveOnAfter(10, () => x.goodbye(), { shield: true });'),
    inFinally('await new CancelScope({ shield: true }).run(() => x.goodbye());'),
    inFinally('await fetch(url);'),
    inFinally('await Promise.all([fetch(a), fetch(b)]);'),
    inFinally('later(async () => { await sleep(1); });'),
    inFinally('await end();') + ' async function end() { await shielded(() => sleep(1)); }',
    inFinally('await end();') + ' async function end() { x.destroy(); }',
    'class A { async f() { try { await g(); } finally { await this.#end(); } } async #end() { await this.stream.close(); } }',
    "import { rm } from 'node:fs/promises'; import { run } from '@tercet/core'; async function f() { try { await g(); } finally { await rm(name); } }",
    "import { closeForcefully } from '@tercet/streams'; async function f(s) { try { await g(); } finally { await closeForcefully(s); } }",
    'async function f() { try { await g(); } catch (error) { await sleep(1); throw error; } }',
    'async function f() { try { await g(); } catch (error) { if (isCancelled(error)) { done(); } throw error; } }',
    'async function f() { try { await g(); } catch (error) { if (!isCancelled(error)) await sleep(1); throw error; } }',
    // In a shield that nothing can cut off.
    inShield(fn),
    inShield(fn, ', {}'),
    inShield('async () => { try { await g(); } finally { for await (const y of x) h(y); } }'),
    inShield('async () => { try { await g(); } catch (error) { if (isCancelled(error)) await h(); throw error; } }'),
    inFinally(`await shielded(${fn});`),
    inScope('{ shield: true }'),
    '/* no import */ async function f() { try { await g(); } finally { await h(); } }',
  ],
  invalid: [
    [inFinally('await sleep(1);'), 'unshielded', `shield: ${inFinally('await shielded(() => sleep(1));')}`],
    [inFinally('await x.goodbye();'), 'unshielded', `shield: ${inFinally('await shielded(() => x.goodbye());')}`],
    [
      inFinally('const y = await x.goodbye();'),
      'unshielded',
      `shield: ${inFinally('const y = await shielded(() => x.goodbye());')}`,
    ],
    [
      inFinally('if (x) { await cleanUp(); }'),
      'unshielded',
      `shield: ${inFinally('if (x) { await shielded(() => cleanUp()); }')}`,
    ],
    [
      inFinally('await moveOnAfter(10, () => x.goodbye());'),
      'unshielded',
      `shield: ${inFinally('await shielded(() => moveOnAfter(10, () => x.goodbye()));')}`,
    ],
    [
      inFinally('await new CancelScope().run(() => x.goodbye());'),
      'unshielded',
      `shield: ${inFinally('await shielded(() => new CancelScope().run(() => x.goodbye()));')}`,
    ],
    // In a shield that may be cut off, and in another scope within one.
    ...[
      inShield(fn, ', { timeout: 1000 }'),
      inShield(fn.replace('()', '(scope)')),
      inShield(`() => moveOnAfter(10, ${fn})`),
      inShield(`async () => { later(${fn}); }`),
      inScope('{ shield: true, relativeDeadline: 1000 }'),
      inScope('{ shield: true, deadline: x }'),
      inScope('{ shield: false }'),
      inScope(''),
      `await moveOnAfter(10, ${fn}, { shield: true });`,
    ].map((code) => [code, 'unshielded', `shield: ${code.replace('await h()', 'await shielded(() => h())')}`] as const),
    [inFinally('for await (const y of x) h(y);'), 'unshielded'],
    [
      inFinally('await end();') + ' async function end() { await sleep(1); }',
      'unshielded',
      `shield: ${inFinally('await shielded(() => end());')} async function end() { await sleep(1); }`,
    ],
    [
      'class A { async f() { try { await g(); } finally { await this.#end(); } } async #end() { await sleep(1); } }',
      'unshielded',
      'shield: class A { async f() { try { await g(); } finally { await shielded(() => this.#end()); } } async #end() { await sleep(1); } }',
    ],
    [
      'async function f() { try { await g(); } catch (error) { if (isCancelled(error)) { await goodbye(); } throw error; } }',
      'afterCancel',
      'shield: async function f() { try { await g(); } catch (error) { if (isCancelled(error)) { await shielded(() => goodbye()); } throw error; } }',
    ],
    [
      'async function f() { try { await g(); } catch (error) { if (error instanceof Cancelled) await goodbye(); throw error; } }',
      'afterCancel',
      'shield: async function f() { try { await g(); } catch (error) { if (error instanceof Cancelled) await shielded(() => goodbye()); throw error; } }',
    ],
    [
      "import { sleep } from '@tercet/core'; async function f() { try { await g(); } finally { await sleep(1); } }",
      'unshielded',
      "shield: import { sleep, shielded } from '@tercet/core'; async function f() { try { await g(); } finally { await shielded(() => sleep(1)); } }",
    ],
    [
      "const core = require('@tercet/core'); async function f() { try { await g(); } finally { await core.sleep(1); } }",
      'unshielded',
      "shield: const core = require('@tercet/core'); async function f() { try { await g(); } finally { await core.shielded(() => core.sleep(1)); } }",
    ],
    [
      inFinally('await shielded();').replace('async function f(x: any)', 'async function f(x: any, shielded: any)'),
      'unshielded',
    ],
  ],
});

checkRule('no-unshielded-await-in-finally', {
  valid: [],
  invalid: [
    [
      inFinally('await x.end(); await x.other();'),
      'unshielded',
      `shield: ${inFinally('await x.end(); await shielded(() => x.other());')}`,
      { options: [{ allow: ['end'] }] },
    ],
  ],
});
