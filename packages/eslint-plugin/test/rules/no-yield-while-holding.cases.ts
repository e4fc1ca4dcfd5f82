import { checkRule } from '../rule-cases.ts';

checkRule('no-yield-while-holding', {
  valid: [
    'async function* f() { yield 1; }',
    'function* f() { using x = open(); yield x; }',
    'async function* f() { try { yield 1; } finally { done(); } }',
    'async function* f() { { using x = open(); } yield 1; }',
    "import { asSafeChannel } from '@tercet/sync'; const f = asSafeChannel(async function* () { await using x = await open(); yield x; });",
    "import { asSafeChannel } from '@tercet/sync'; async function* f() { using x = open(); yield x; } const g = asSafeChannel(f);",
    'async function* f() { try { await g(); } finally { yield 1; await h(); } }',
  ],
  invalid: [
    ['async function* f() { using x = open(); yield x; }', 'holds'],
    ['async function* f() { await using x = await open(); for await (const y of x) yield y; }', 'holds'],
    ['async function* f() { try { yield 1; } finally { await close(); } }', 'holds'],
    ['const f = async function* () { if (a) { using x = open(); yield x; } };', 'holds'],
  ],
});
