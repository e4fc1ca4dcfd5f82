import { checkRule } from '../rule-cases.ts';

checkRule('prefer-checkpoint', {
  fixes: true,
  valid: [
    'await checkpoint();',
    'await sleep(1);',
    'await sleep(n);',
    'await sleep({ seconds: 1 });',
    'await sleep({ seconds: n });',
    'await sleepForever();',
    'await sleep();',
    'function f(sleep: any) { sleep(0); }',
    '{ const sleep = (n: number) => n; sleep(0); }',
    "import { sleep } from './other.js'; import { run } from '@tercet/core'; sleep(0);",
    'let n = 0; n++; await sleep(n);',
    'await nursery.sleep(0);',
  ],
  invalid: [
    ['await sleep(0);', 'zero', 'await checkpoint();'],
    ['await sleep(0 as number);', 'zero', 'await checkpoint();'],
    ['await sleep({ seconds: 0 });', 'zero', 'await checkpoint();'],
    ['const none = 0; await sleep(none);', 'zero', 'const none = 0; await checkpoint();'],
    ['const f = () => sleep(0);', 'zero', 'const f = () => checkpoint();'],
    ['await sleep(Infinity);', 'forever', 'await sleepForever();'],
    ['await sleep({ hours: Infinity });', 'forever', 'await sleepForever();'],
    [
      "import { sleep } from '@tercet/core'; await sleep(0);",
      'zero',
      "import { sleep, checkpoint } from '@tercet/core'; await checkpoint();",
    ],
    [
      "import { sleep as nap, checkpoint as pass } from '@tercet/core'; await nap(0);",
      'zero',
      "import { sleep as nap, checkpoint as pass } from '@tercet/core'; await pass();",
    ],
    [
      "import * as core from '@tercet/core'; await core.sleep(0);",
      'zero',
      "import * as core from '@tercet/core'; await core.checkpoint();",
    ],
    [
      "const { sleep } = require('@tercet/core'); sleep(0);",
      'zero',
      "const { sleep, checkpoint } = require('@tercet/core'); checkpoint();",
    ],
    ["import { sleep } from '@tercet/core'; function f(checkpoint: any) { return sleep(0); }", 'zero'],
    ["import { sleep } from '@tercet/core'; import { checkpoint } from './mine.js'; await sleep(0);", 'zero'],
  ],
});
