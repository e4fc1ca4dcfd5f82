import { checkRule } from '../rule-cases.ts';

checkRule('no-thrown-group-member', {
  valid: [
    'try { await work(); } catch (error) { throw error; }',
    'throw list[0];',
    'throw soleError(group);',
    'throw group.errors;',
    'console.log(group.errors[0]);',
    'throw group.errors[index];',
  ],
  invalid: [
    ['try { await work(); } catch (group: any) { throw group.errors[0]; }', 'others'],
    ['throw (group as any).errors[0];', 'others'],
    ['throw group.leaves()[0];', 'others'],
  ],
});
