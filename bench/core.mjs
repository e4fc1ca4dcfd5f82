// The core beside bare promises that do the same: what structure costs.
import { readdirSync } from 'node:fs';
import { measure } from './measure.mjs';

export default async function bench({ log }) {
  const files = readdirSync(new URL('core/', import.meta.url)).filter((file) => file.endsWith('.mjs'));
  log(`\n${'workload'.padEnd(34)}${'promises'.padStart(12)}${'tercet'.padStart(12)}${'ratio'.padStart(9)}`);
  for (const file of files.sort()) {
    const { default: workloads } = await import(`./core/${file}`);
    for (const workload of workloads) {
      const { promises, tercet } = await measure({ baseline: 'promises', ...workload });
      log(
        workload.name.padEnd(34) +
          `${promises.nanosecondsPerOperation.toFixed(0)} ns`.padStart(12) +
          `${tercet.nanosecondsPerOperation.toFixed(0)} ns`.padStart(12) +
          tercet.ratio.toFixed(2).padStart(9),
      );
    }
  }
  const { default: fairness } = await import('./core/fairness/timer-ticks.mjs');
  await fairness({ log });
}
