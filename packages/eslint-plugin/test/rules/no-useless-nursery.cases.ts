import { checkRule } from '../rule-cases.ts';

checkRule('no-useless-nursery', {
  valid: [
    'await openNursery((nursery) => { nursery.startSoon(f); nursery.startSoon(g); });',
    'await openNursery((nursery) => { for (const f of fs) nursery.startSoon(f); });',
    'await openNursery((nursery) => { nursery.startSoon(visit, page, nursery); });',
    'await openNursery((nursery) => { nursery.startSoon(f); }, { onError });',
    'await openNursery((nursery) => other.startSoon(f));',
    'await openNursery(body);',
  ],
  invalid: [
    ['await openNursery((nursery) => { nursery.startSoon(f); });', 'one'],
    ['await openNursery((n) => n.startSoon(() => sleep(1)));', 'one'],
    ['await openNursery(async (nursery) => { nursery.startSoon(f, 1); });', 'one'],
  ],
});
