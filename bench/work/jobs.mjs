// The same functions for this thread and for workers. Each loads what it needs when it is called for the first time.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const hash = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** The lines in a part of a file: how many there are, and the sum of a field. */
export function parseLines({ file, from, to }) {
  const bytes = Buffer.allocUnsafe(to - from);
  const descriptor = openSync(file);
  try {
    readSync(descriptor, bytes, 0, bytes.length, from);
  } finally {
    closeSync(descriptor);
  }
  let count = 0;
  let total = 0;
  for (const line of bytes.toString('utf8').split('\n')) {
    if (line === '') continue;
    count++;
    total += JSON.parse(line).amount;
  }
  return { count, total };
}

/** @returns a hash of the smaller image. */
export async function resize(file) {
  const { Jimp } = await import('./images.mjs');
  const image = await Jimp.read(file);
  image.resize({ w: 400 });
  return createHash('sha256')
    .update(await image.getBuffer('image/jpeg'))
    .digest('hex');
}

/** @returns how many errors there are. */
export async function checkTypes(name) {
  const { default: ts } = await import('typescript');
  const path = fileURLToPath(new URL(`../../packages/${name}/tsconfig.build.json`, import.meta.url));
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const { fileNames, options } = ts.getParsedCommandLineOfConfigFile(path, { noEmit: true }, host);
  return ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options)).length;
}
