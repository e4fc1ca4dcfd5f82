// Figures that have to be measured in a separate process: memory per idle task, the time to import, what an AsyncLocalStorage in
// use does to a bare await.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Table } from './core.mjs';
import { median } from './measure.mjs';

const TIMES = 9;
const PACKAGES = ['core', 'context', 'sync', 'streams', 'net', 'fs', 'proc', 'testing', 'pipeline', 'parallel'].map(
  (name) => `@tercet/${name}`,
);
const root = fileURLToPath(new URL('..', import.meta.url));

const idleTasks = (makeSleepers) => `
  const count = 100_000;
  gc();
  const before = process.memoryUsage().heapUsed;
  ${makeSleepers}
  gc();
  console.log((process.memoryUsage().heapUsed - before) / count);
  process.exit();
`;

const programs = {
  'heap per idle sleeping task, tercet': {
    unit: 'bytes',
    target: '≤ 1200',
    source: `
      const { run, openNursery, sleep } = await import('@tercet/core');
      const { waitAllTasksBlocked } = await import('@tercet/core/lowlevel');
      await run(() => openNursery(async (nursery) => {
        ${idleTasks('for (let i = 0; i < count; i++) nursery.startSoon(sleep, 1e6); await waitAllTasksBlocked();')}
      }));`,
  },
  'heap per idle sleeping task, effect': {
    unit: 'bytes',
    source: `
      const { Effect } = await import('effect');
      await Effect.runPromise(Effect.gen(function* () {
        ${idleTasks('for (let i = 0; i < count; i++) yield* Effect.forkChild(Effect.sleep(1e6)); yield* Effect.sleep(10);')}
      }));`,
  },
  'heap per idle sleeping promise': {
    unit: 'bytes',
    source: `
      const held = [];
      ${idleTasks('for (let i = 0; i < count; i++) held.push(new Promise((resolve) => setTimeout(resolve, 1e6)));')}`,
  },
  ...Object.fromEntries(
    [...PACKAGES, 'effection', 'effect'].map((name) => [
      `import of ${name}`,
      {
        unit: 'ms',
        source: `const begin = performance.now(); await import('${name}'); console.log(performance.now() - begin); process.exit();`,
      },
    ]),
  ),
  ...Object.fromEntries(
    [false, true].map((used) => [
      `bare await, ${used ? 'with an AsyncLocalStorage in use' : 'in a process without AsyncLocalStorage'}`,
      {
        unit: 'ns',
        ...(used && { target: '≤ 1.1 × of the one above, on Node 24' }),
        source: `
          const { AsyncLocalStorage } = await import('node:async_hooks');
          const resolved = Promise.resolve();
          const loop = async (count) => { for (let i = 0; i < count; i++) await resolved; };
          const timed = async () => {
            await loop(1e6);
            const begin = performance.now(); await loop(3e6); console.log((performance.now() - begin) / 3);
          };
          await ${used ? 'new AsyncLocalStorage().run({}, timed)' : 'timed()'};
          process.exit();`,
      },
    ]),
  ),
};

export default async function single({ log }) {
  const table = new Table(log, ['in a process of its own', 'median', 'target']);
  for (const [name, { unit, source, target }] of Object.entries(programs)) {
    const values = Array.from({ length: TIMES }, () => Number(evaluate(source)));
    table.row([name, `${median(values).toFixed(unit === 'ms' ? 1 : 0)} ${unit}`, target ?? '']);
  }
}

function evaluate(source) {
  return execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', source], {
    cwd: root,
    encoding: 'utf8',
  });
}
