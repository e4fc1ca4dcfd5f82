// Files beside node:fs doing the same: fs/promises, the callback functions, readline, and the obvious loop. `bare` is the
// ceiling: the same calls of Node's, made as cheaply as we know how, for this one purpose and without tasks, scopes or limits.
//
// The result is the median of the ratios of each round, because the machine drifts. Files lie in memory where the system
// has such a place.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Table } from './core.mjs';
import { measure } from './measure.mjs';

const NANOSECONDS = { ns: 1, µs: 1000, ms: 1e6 };

export default async function bench({ log, only }) {
  const folder = fs.mkdtempSync(join(fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tercet-bench-'));
  try {
    process.env.TERCET_BENCH_FOLDER = folder;
    const { default: workloads } = await import('./fs/workloads.mjs');
    const table = new Table(log, ['workload', 'tercet', 'tercet is faster than', 'bare is faster than', 'target']);
    for (const workload of workloads) {
      if (only === undefined || workload.name.includes(only)) await rows(table, workload);
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** A row for each of our own implementations: `tercet`, `tercet something`. Beside the latter stands `bare something`. */
async function rows(table, { targets = [], unit = 'µs', ...workload }) {
  workload.prepare?.();
  const { nanoseconds, ratio } = await measure(workload);
  const names = Object.keys(workload.implementations);
  const others = names.filter((name) => !/^(?:tercet|bare)/.test(name));
  const beside = (who) => others.map((than) => `${than} ${ratio(than, who).toFixed(2)} ×`).join(', ');
  for (const name of names.filter((each) => each.startsWith('tercet'))) {
    const kind = name.slice('tercet'.length);
    const ceiling = `bare${kind}`;
    table.row([
      workload.name + kind.replace(' ', ', '),
      `${(nanoseconds[name] / NANOSECONDS[unit]).toFixed(1)} ${unit}`,
      beside(name),
      names.includes(ceiling) ? beside(ceiling) : '',
      targets
        .filter((target) => (target.who ?? 'tercet') === name)
        .map(({ than, atLeast }) => `${than} ≥ ${atLeast} × ${ratio(than, name) >= atLeast ? '✓' : '✗'}`)
        .join(', '),
    ]);
  }
}
