// Pipelines: processor time per item, and the ratios of the same rounds. What one more section costs, and what an idle
// pipeline of ten stages takes in memory, stand below the table.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Table } from './core.mjs';
import { measure } from './measure.mjs';
import workloads from './pipeline/workloads.mjs';

const ROUNDS = 5;
const root = fileURLToPath(new URL('..', import.meta.url));

export default async function bench({ log, only }) {
  const table = new Table(log, ['workload', 'tercet, ns', 'tercet is', 'target']);
  const times = {};
  for (const { targets = [], ...workload } of workloads) {
    if (only !== undefined && !workload.name.includes(only)) continue;
    const { nanoseconds, ratio } = await measure({ ...workload, rounds: ROUNDS });
    times[workload.name] = nanoseconds.tercet;
    const others = Object.keys(nanoseconds).filter((name) => name !== 'tercet');
    table.row([
      workload.name,
      nanoseconds.tercet.toFixed(0),
      others.map((name) => `${ratio('tercet', name).toFixed(2)} × ${name}`).join(', '),
      targets
        .map(({ than, atMost }) => `≤ ${atMost} × ${than} ${ratio('tercet', than) <= atMost ? '✓' : '✗'}`)
        .join(', '),
    ]);
  }
  if (only !== undefined) return;
  const marginal = (times['12 sync sections'] - times['1 sync section']) / 11;
  log(`\nOne more synchronous section: ${marginal.toFixed(0)} ns an item (target ≤ 35 ${marginal <= 35 ? '✓' : '✗'}).`);
  const heap = idleHeap();
  log(`\nHeap of an idle pipeline of ten stages: ${heap.toFixed(1)} kB (target ≤ 25 ${heap <= 25 ? '✓' : '✗'}).`);
}

function idleHeap() {
  const source = `
    const { openNursery, run, sleepForever } = await import('@tercet/core');
    const { buffer, map, pipeline } = await import('@tercet/pipeline');
    const { openMemoryChannel } = await import('@tercet/sync');
    const count = 1000;
    const sections = Array.from({ length: 10 }, () => [map((x) => x), buffer(64)]).flat();
    await run(() => openNursery(async (nursery) => {
      gc();
      const before = process.memoryUsage().heapUsed;
      for (let index = 0; index < count; index++) {
        const [, receive] = openMemoryChannel(0);
        const flow = pipeline(receive, ...sections);
        nursery.startSoon(() => flow.drain());
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
      gc();
      console.log((process.memoryUsage().heapUsed - before) / count / 1000);
      process.exit();
    }));
  `;
  const flags = ['--expose-gc', '--input-type=module', '-e', source];
  return Number(execFileSync(process.execPath, flags, { cwd: root, encoding: 'utf8' }));
}
