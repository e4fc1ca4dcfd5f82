// Counts the lines of each package, and leaves a report. A function for a worker, unlike the programs beside it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch, sources } from './scratch.mjs';

export function countLines(reportName) {
  const lines = new Map();
  for (const file of sources()) {
    const name = file.split('/')[1];
    lines.set(name, (lines.get(name) ?? 0) + readFileSync(file, 'utf8').split('\n').length - 1);
  }
  const report = [...lines].map(([name, count]) => `${name.padEnd(10)} ${String(count).padStart(6)} lines\n`).join('');
  process.stdout.write(report);
  writeFileSync(join(scratch, `${reportName}.report`), report);
}
