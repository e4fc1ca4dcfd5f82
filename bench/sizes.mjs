// The bytes that each package adds to a bundle, as `npm run size` measures it: that does not depend on the runtime.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Table } from './core.mjs';

// The target of core is that of a small program (decision 14); all of it does not reach it.
const targets = { '@tercet/core': 15, '@tercet/core: run, openNursery, sleep': 15, '@tercet/sync': 4 };
const program = fileURLToPath(new URL('../scripts/size.mjs', import.meta.url));

export default function sizes({ log }) {
  const table = new Table(log, ['in a bundle', 'minified', 'gzipped', 'loaded on demand, gzipped', 'target']);
  const measured = JSON.parse(execFileSync(process.execPath, [program, '--json'], { encoding: 'utf8' }));
  for (const { entry, minified, gzipped, onDemand } of measured) {
    const target = targets[entry];
    table.row([
      entry,
      kilobytes(minified),
      kilobytes(gzipped),
      onDemand > 0 ? kilobytes(onDemand) : '',
      target === undefined ? '' : `≤ ${target} kB ${gzipped <= target * 1000 ? '✓' : '✗'}`,
    ]);
  }
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(2)} kB`;
}
