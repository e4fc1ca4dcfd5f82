// The core and sync beside bare promises and beside the other libraries that do structured concurrency: what each costs.
// Every workload is a file in workloads/; each library is used as its own documentation shows it.
import { readdirSync } from 'node:fs';
import { chart } from './chart.mjs';
import { ownRuntime } from './contestant.mjs';
import fairness from './fairness.mjs';
import growth from './growth.mjs';
import { measure } from './measure.mjs';
import single from './single.mjs';
import sizes from './sizes.mjs';
import { measureTrio } from './trio.mjs';

export const LIBRARIES = ['promises', 'tercet', 'effection', 'effect', 'trio'];

export default async function bench({ log, only }) {
  const trio = measureTrio();
  log(trio === undefined ? '\nTrio: python3 does not have it' : `\nTrio ${trio.version}`);
  const results = await compare({ log, only, trio });
  if (only === undefined) {
    await single({ log });
    sizes({ log });
    await growth({ log, workloads: await workloads() });
    await fairness({ log });
  }
  return { chart: chart(results) };
}

/** Every workload on one runtime, a row each. */
export async function compare({ log, only, trio, runtime = ownRuntime, rounds }) {
  const libraries = LIBRARIES.filter((name) => name !== 'trio' || trio !== undefined);
  const table = new Table(log, ['workload', ...libraries.map((name) => `${name}, ns`), 'tercet is', 'target']);
  const results = [];
  for (const workload of await workloads()) {
    if (only !== undefined && !workload.name.includes(only)) continue;
    const { nanoseconds, ratio } = await measure({ ...workload, ...(rounds && { rounds }) }, runtime);
    const all = { ...nanoseconds, trio: trio?.nanoseconds[workload.name] };
    const others = Object.keys(nanoseconds).filter((name) => name !== 'tercet' && all[name] !== undefined);
    results.push({ name: workload.name, nanoseconds: all });
    table.row([
      workload.name,
      ...libraries.map((name) => all[name]?.toFixed(0) ?? ''),
      others.map((name) => `${ratio('tercet', name).toFixed(2)} × ${name}`).join(', '),
      (workload.targets ?? [])
        .map(({ than, atMost }) => `≤ ${atMost} × ${than} ${ratio('tercet', than) <= atMost ? '✓' : '✗'}`)
        .join(', '),
    ]);
  }
  return results;
}

async function workloads() {
  const files = readdirSync(new URL('workloads/', import.meta.url))
    .filter((file) => file.endsWith('.mjs'))
    .sort();
  const modules = await Promise.all(files.map((file) => import(`./workloads/${file}`)));
  return modules.flatMap((module, index) => module.default.map((workload) => ({ ...workload, file: files[index] })));
}

/** A Markdown table that appears row by row. */
export class Table {
  #log;

  constructor(log, heads) {
    this.#log = log;
    this.#log('');
    this.row(heads);
    this.row(heads.map((head, index) => (index === 0 ? '---' : '---:')));
  }

  row(cells) {
    this.#log(`| ${cells.join(' | ')} |`);
  }
}
