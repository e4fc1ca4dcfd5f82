import { run } from '@tercet/core';

const DEPTH = 100;
const resolved = Promise.resolve();

async function descend(left) {
  if (left === 0) await resolved;
  else await descend(left - 1);
}

async function descendOften(count) {
  for (let index = 0; index < count / DEPTH; index++) await descend(DEPTH);
}

export default [
  {
    name: `recursion, ${DEPTH} async functions deep`,
    count: 500_000,
    targets: [{ than: 'promises', atMost: 1.1 }],
    implementations: { promises: descendOften, tercet: (count) => run(() => descendOften(count)) },
  },
];
