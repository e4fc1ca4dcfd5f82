import { checkRule } from '../rule-cases.ts';

checkRule('no-blocking-call', {
  valid: [
    "import { readFileSync } from 'node:fs'; import { run } from '@tercet/core'; readFileSync('a');",
    "import { readFileSync } from 'node:fs'; import { run } from '@tercet/core'; function f() { return readFileSync('a'); }",
    "import { readFile } from 'node:fs'; import { run } from '@tercet/core'; async function f() { readFile('a'); }",
    "import { readFileSync } from './mine.js'; import { run } from '@tercet/core'; async function f() { readFileSync('a'); }",
    "async function f(fs: any) { fs.readFileSync('a'); }",
  ],
  invalid: [
    [
      "import { readFileSync } from 'node:fs'; import { run } from '@tercet/core'; async function f() { return readFileSync('a'); }",
      'blocks',
    ],
    [
      "import { readFileSync as read } from 'fs'; import { run } from '@tercet/core'; await run(async () => read('a'));",
      'blocks',
    ],
    [
      "import * as fs from 'node:fs'; import { run } from '@tercet/core'; async function f() { fs.writeFileSync('a', ''); }",
      'blocks',
    ],
    [
      "import fs from 'node:fs'; import { run } from '@tercet/core'; async function f() { fs.statSync('a'); }",
      'blocks',
    ],
    [
      "import { execFileSync } from 'node:child_process'; import { run } from '@tercet/core'; async function f() { execFileSync('ls'); }",
      'blocks',
    ],
    [
      "import { scryptSync } from 'node:crypto'; import { run } from '@tercet/core'; const f = async () => scryptSync('a', 'b', 8);",
      'blocks',
    ],
  ],
});
