// Jobs that do what jobs do, and what they should not.
import { execFileSync } from 'node:child_process';
import { shielded, sleep, sleepForever } from '@tercet/core';
import { cancelRequested, report } from '@tercet/parallel/worker';

export const echo = (value) => value;
export async function wait(milliseconds, value) {
  report(value);
  try {
    await sleep(milliseconds);
  } finally {
    await shielded(() => sleep(0));
  }
  return value;
}
export function compute(milliseconds, value) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end && !cancelRequested());
  return value;
}
export function ignore(milliseconds, value) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return value;
}
export function fail(value) {
  throw new RangeError(value);
}
export function exit() {
  process.exit(3);
}
export function crashSoon() {
  setImmediate(() => {
    throw new Error('outside of any job');
  });
}
export function eatMemory() {
  const kept = [];
  for (;;) kept.push(new Array(100_000).fill(kept.length));
}
export function native(seconds, value) {
  execFileSync('sleep', [String(seconds)]);
  return value;
}
export async function forget() {
  void sleepForever();
}
export async function* items(count, milliseconds) {
  for (let index = 0; index < count; index++) {
    if (index % 7 === 3) await sleep(milliseconds);
    yield index;
  }
}
export function* itemsThenFail(count) {
  for (let index = 0; index < count; index++) yield index;
  throw new RangeError('no more');
}
export async function* square(items) {
  for await (const item of items) {
    await sleep(item % 3);
    yield item * item;
  }
}
