// Compresses all sources into one file each, below the scratch folder.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { scratch, sources } from './scratch.mjs';

let before = 0;
let after = 0;
for (const file of sources()) {
  const text = readFileSync(file);
  const packed = gzipSync(text, { level: 9 });
  const target = join(scratch, 'packed', `${file}.gz`);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, packed);
  before += text.length;
  after += packed.length;
}
const report = `${before} bytes packed into ${after}\n`;
process.stdout.write(report);
writeFileSync(join(scratch, 'packing.report'), report);
