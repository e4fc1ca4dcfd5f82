import { checkRule } from '../rule-cases.ts';

checkRule('no-thrown-group-member', {
  valid: [
    'try { await work(); } catch (error) { throw error; }',
    'throw list[0];',
    'throw soleError(group);',
    'throw group.errors;',
    'console.log(group.errors[0]);',
    'try { await work(); } catch (group: any) { throw group.errors[index]; }',
    'try { await work(); } catch ({ errors }: any) { throw errors[0]; }',
    // Not every list of errors is that of a group.
    'const response = await query(); if (response.errors) throw response.errors[0];',
    'function f(response: any) { throw response.errors[0]; }',
    'try { await work(); } catch (error) { const response = await query(error); throw response.errors[0]; }',
    'try { await work(); } catch (error) { throw response.errors[0]; }',
    'throw tree.leaves()[0];',
    'class ExceptionGroup {} const group = new ExceptionGroup(); throw group.errors[0];',
  ],
  invalid: [
    ['try { await work(); } catch (group: any) { throw group.errors[0]; }', 'others'],
    ['try { await work(); } catch (group) { throw (group as any).errors[0]; }', 'others'],
    ['try { await work(); } catch (group: any) { throw group.leaves()[0]; }', 'others'],
    ['try { await work(); } catch (e) { const group = e as any; if (group.errors) throw group.errors[0]; }', 'others'],
    [
      "import { ExceptionGroup } from '@tercet/core'; const group = new ExceptionGroup('two', list); throw group.errors[0];",
      'others',
    ],
    [
      "import type { ExceptionGroup } from '@tercet/core'; function f(group: ExceptionGroup) { throw group.leaves()[0]; }",
      'others',
    ],
    [
      "import type * as core from '@tercet/core'; function f(failed: core.ExceptionGroup | undefined) { throw failed!.errors[0]; }",
      'others',
    ],
  ],
});
