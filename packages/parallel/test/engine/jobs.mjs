// Jobs of worker programs in the tests of engines.
import { appendFileSync } from 'node:fs';
import { sleep } from '@tercet/core';

/** Writes into a journal that it has begun, and that it has ended. */
export async function note(file, text, milliseconds) {
  appendFileSync(file, `begin ${text}\n`);
  await sleep(milliseconds);
  appendFileSync(file, `end ${text}\n`);
  return text;
}

export async function work() {
  throw new Error('only its type is needed');
}
