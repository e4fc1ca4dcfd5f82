import { checkRule } from '../rule-cases.ts';

checkRule('no-timeout-around-start-soon', {
  valid: [
    'await openNursery((nursery) => { nursery.startSoon(f); });',
    'await moveOnAfter(10, () => openNursery((nursery) => { nursery.startSoon(f); }));',
    'await openNursery((nursery) => { nursery.startSoon(() => moveOnAfter(10, f)); });',
    'await openNursery(async (nursery) => { await moveOnAfter(10, async () => { const task = nursery.startSoon(f); await task.join(); }); });',
    'await openNursery(async (nursery) => { await failAfter(10, () => nursery.start(serve)); });',
    'await openNursery(async (nursery) => { await moveOnAfter(10, () => nursery.startSoon(f).join()); });',
    // That runs when the emitter likes.
    "await openNursery(async (nursery) => { await moveOnAfter(10, async () => { emitter.on('x', () => { nursery.startSoon(f); }); await g(); }); });",
    'await moveOnAfter(10, async () => { await openNursery(async (inner) => { inner.startSoon(async () => { inner.startSoon(f); }); }); });',
    'function moveOnAfterwards(n: number, f: () => void) {} await openNursery((nursery) => { moveOnAfterwards(10, () => { nursery.startSoon(f); }); });',
    "import { moveOnAfter } from './other.js'; import { openNursery } from '@tercet/core'; await openNursery((nursery) => { moveOnAfter(10, () => { nursery.startSoon(f); }); });",
    'await moveOnAfter(10, async () => { await openNursery((nursery) => { items.forEach((item) => { nursery.startSoon(f, item); }); }); });',
  ],
  invalid: [
    ['await openNursery(async (nursery) => { await moveOnAfter(10, () => { nursery.startSoon(f); }); });', 'noEffect'],
    ['await openNursery(async (nursery) => { await moveOnAfter(10, () => nursery.startSoon(f)); });', 'noEffect'],
    [
      'async function g(nursery: Nursery) { await failAfter({ seconds: 1 }, async () => { nursery.startSoon(f); await h(); }); }',
      'noEffect',
    ],
    ['async function g(nursery) { await moveOnAt(t, async () => { nursery.startSoon(f); await h(); }); }', 'noEffect'],
    ['class A { nursery: Nursery; async g() { await failAt(t, () => { this.nursery.startSoon(f); }); } }', 'noEffect'],
    ['await openNursery(async (nursery) => { await shielded(() => { nursery.startSoon(f); }); });', 'noEffect'],
    ['await openNursery(async (nursery) => { await untilShutdown(() => { nursery.startService(f); }); });', 'noEffect'],
    [
      'await openNursery(async (nursery) => { await new CancelScope().run(() => { nursery.startSoon(f); }); });',
      'noEffect',
    ],
    [
      'const scope = new CancelScope(); await openNursery(async (nursery) => { await scope.run(async () => { nursery.startSoon(f); }); });',
      'noEffect',
    ],
    [
      'await openNursery(async (nursery) => { await moveOnAfter(10, () => { items.forEach((item) => { nursery.startSoon(f, item); }); }); });',
      'noEffect',
    ],
    [
      'await openNursery(async (nursery) => { await moveOnAfter(10, () => { items.forEach((item) => nursery.startSoon(f, item)); }); });',
      'noEffect',
    ],
    [
      'await openNursery(async (outer) => { await moveOnAfter(10, () => openNursery(async (inner) => { outer.startSoon(f); })); });',
      'noEffect',
    ],
    [
      'await openNursery(async (nursery) => { await moveOnAfter(10, () => { (() => { nursery.startSoon(f); })(); }); });',
      'noEffect',
    ],
    ['await openPortal(async (portal) => { await moveOnAfter(10, () => { portal.spawn(f); }); });', 'noEffect'],
    [
      "import * as core from '@tercet/core'; async function g(n: core.Nursery) { await core.moveOnAfter(10, () => { n.startSoon(f); }); }",
      'noEffect',
    ],
    [
      "const { moveOnAfter: limit } = require('@tercet/core'); async function g(n) { await limit(10, () => { n.startSoon(f); }); }",
      'noEffect',
    ],
  ],
});
