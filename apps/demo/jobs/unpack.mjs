// Unpacks what pack.mjs has packed, and compares it with the sources.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { scratch, sources } from './scratch.mjs';

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

const files = sources();
const damaged = files.filter((file) => {
  const unpacked = gunzipSync(readFileSync(join(scratch, 'packed', `${file}.gz`)));
  return hash(unpacked) !== hash(readFileSync(file));
});
for (const file of damaged) console.error(`${file} is not what it was`);
console.log(`${files.length - damaged.length} of ${files.length} files are what they were`);
process.exitCode = damaged.length === 0 ? 0 : 1;
