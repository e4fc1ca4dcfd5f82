import { checkRule } from '../rule-cases.ts';

checkRule('no-disposed-in-task', {
  valid: [
    'await openNursery((nursery) => { nursery.startSoon(async () => { using x = open(); use(x); }); });',
    '{ using x = open(); await openNursery((nursery) => { nursery.startSoon(() => use(x)); }); }',
    'await openNursery(async (nursery) => { using x = open(); const task = nursery.startSoon(() => use(x)); await task.join(); });',
    'await openNursery((nursery) => { const x = open(); nursery.startSoon(() => use(x)); });',
    'await openNursery(async (nursery) => { using x = open(); nursery.startSoon(() => sleep(1)); use(x); });',
  ],
  invalid: [
    ['await openNursery((nursery) => { using x = open(); nursery.startSoon(() => use(x)); });', 'disposed'],
    ['await openNursery(async (nursery) => { await using x = await open(); nursery.startSoon(use, x); });', 'disposed'],
    [
      'await openNursery(async (nursery) => { for (const name of names) { await using x = await open(name); nursery.startSoon(async () => { await use(x); }); } });',
      'disposed',
    ],
    ['async function f(nursery: Nursery) { using x = open(); nursery.startSoon(use, x); }', 'disposed'],
    ['await openNursery((nursery) => { using x = open(); nursery.startService(() => use(x)); });', 'disposed'],
  ],
});
