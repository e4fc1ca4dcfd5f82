// npm run csv -w packages/pipeline [-- megabytes]: makes CSV, changes each row and compresses it, and shows that the memory
// does not grow with the number of rows. 1 GB when left out. The package has to be built.
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline as nodePipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { openNursery, run } from '@tercet/core';
import { batch, encode, lines, map, pipeline, skip, tap, toReadable } from '@tercet/pipeline';

const megabytes = Number(process.argv[2] ?? 1000);
const folder = mkdtempSync(join(tmpdir(), 'tercet-csv-'));
try {
  const csv = join(folder, 'in.csv');
  await nodePipeline(Readable.from(rows(megabytes * 1_000_000)), createWriteStream(csv));
  console.log(`${(statSync(csv).size / 1e6).toFixed(0)} MB of CSV`);
  await run(() => convert(csv, join(folder, 'out.csv.gz')));
  console.log(`${(statSync(join(folder, 'out.csv.gz')).size / 1e6).toFixed(0)} MB compressed`);
} finally {
  rmSync(folder, { recursive: true });
}

function* rows(size) {
  let text = 'id,name,amount\n';
  for (let id = 0, written = 0; written < size; id++) {
    text += `${id},customer ${id % 977},${(id * 7919) % 100_003}\n`;
    if (text.length < 65_536) continue;
    yield text;
    written += text.length;
    text = '';
  }
}

async function convert(from, to) {
  let count = 0;
  let most = 0;
  const output = pipeline(
    createReadStream(from),
    lines(),
    skip(1),
    map((line) => line.split(',')),
    map(([id, name, amount]) => `${id};${name.toUpperCase()};${(Number(amount) / 100).toFixed(2)}\n`),
    tap(() => {
      if (++count % 100_000 !== 0) return;
      most = Math.max(most, process.memoryUsage().heapUsed);
      if (count % 5_000_000 === 0)
        console.log(`${count / 1e6} million rows, heap at most ${(most / 1e6).toFixed(0)} MB`);
    }),
    batch({ size: 500 }),
    map((texts) => texts.join('')),
    encode(),
  );
  await openNursery(async (nursery) => {
    const readable = toReadable(output, nursery, { objectMode: false, highWaterMark: 65_536 });
    await nodePipeline(readable, createGzip({ level: 1 }), createWriteStream(to));
  });
  console.log(`${count} rows, heap at most ${(most / 1e6).toFixed(0)} MB`);
}
