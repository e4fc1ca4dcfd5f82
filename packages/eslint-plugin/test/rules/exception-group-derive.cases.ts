import { checkRule } from '../rule-cases.ts';

checkRule('exception-group-derive', {
  valid: [
    "import { ExceptionGroup } from '@tercet/core'; class A extends ExceptionGroup { derive() { return this; } }",
    "import { run } from '@tercet/core'; class A extends Error {}",
    "import { ExceptionGroup } from './mine.js'; import { run } from '@tercet/core'; class A extends ExceptionGroup {}",
  ],
  invalid: [
    ["import { ExceptionGroup } from '@tercet/core'; class A extends ExceptionGroup {}", 'missing'],
    ["import * as core from '@tercet/core'; const A = class extends core.ExceptionGroup { x = 1; };", 'missing'],
  ],
});
