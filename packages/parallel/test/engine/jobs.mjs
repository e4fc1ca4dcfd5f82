// Jobs of worker programs in the tests of engines.
import { appendFileSync } from 'node:fs';
import { sleep, sleepForever } from '@tercet/core';

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

/** Takes no time. */
export async function quick(number) {
  return number * 2;
}

/** Runs until it is cancelled. */
export async function long() {
  await sleepForever();
}

/** Takes some time. */
export async function slow(number, milliseconds) {
  await sleep(milliseconds);
  return number;
}
