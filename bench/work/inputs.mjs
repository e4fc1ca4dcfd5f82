// The files that the jobs read.
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export function makeFiles(folder, count, bytes) {
  return Array.from({ length: count }, (_, index) => {
    const file = join(folder, `file-${index}`);
    writeFileSync(file, randomBytes(bytes));
    return file;
  });
}

/** A file of about this many bytes, and its parts, each of whole lines. */
export function makeLines(folder, bytes, parts) {
  const file = join(folder, 'lines');
  const descriptor = openSync(file, 'w');
  const made = [];
  let at = 0;
  let id = 0;
  for (let part = 1; part <= parts; part++) {
    const lines = [];
    let size = 0;
    while (at + size < (bytes * part) / parts) {
      const line = JSON.stringify({
        id,
        name: `customer ${id % 1000}`,
        amount: id % 97,
        tags: ['new', 'paid'],
        at: id++,
      });
      lines.push(line);
      size += line.length + 1;
    }
    writeSync(descriptor, `${lines.join('\n')}\n`);
    made.push({ file, from: at, to: at + size });
    at += size;
  }
  closeSync(descriptor);
  return made;
}

/** Images that are all different. */
export async function makeImages(folder, count) {
  const { Jimp } = await import('./images.mjs');
  const [width, height] = [1152, 864];
  const image = new Jimp({ width, height });
  const { data } = image.bitmap;
  const files = [];
  for (let index = 0; index < count; index++) {
    for (let at = 0; at < data.length; at += 4) data.writeUInt32BE(((((at * (index + 3)) >>> 3) << 8) | 255) >>> 0, at);
    const file = join(folder, `image-${index}.jpg`);
    writeFileSync(file, await image.getBuffer('image/jpeg'));
    files.push(file);
  }
  return files;
}
