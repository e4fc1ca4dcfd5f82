// Counts the lines of each package, and leaves a report.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch, sources } from './scratch.mjs';

const lines = new Map();
for (const file of sources()) {
  const name = file.split('/')[1];
  lines.set(name, (lines.get(name) ?? 0) + readFileSync(file, 'utf8').split('\n').length - 1);
}
const report = [...lines].map(([name, count]) => `${name.padEnd(10)} ${String(count).padStart(6)} lines\n`).join('');
process.stdout.write(report);
writeFileSync(join(scratch, 'lines.report'), report);
