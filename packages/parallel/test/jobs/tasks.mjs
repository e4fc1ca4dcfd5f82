// Jobs that are tasks.
import { AsyncLocalStorage } from 'node:async_hooks';
import { writeFileSync } from 'node:fs';
import { ContextVar } from '@tercet/context';
import {
  CancelScope,
  currentEffectiveDeadline,
  currentTime,
  ExceptionGroup,
  openNursery,
  shielded,
  sleep,
  sleepForever,
} from '@tercet/core';
import { Event } from '@tercet/sync';
import { openWorkers, registerError, remote, runInWorker } from '@tercet/parallel';
import { report } from '@tercet/parallel/worker';

export class OutOfStockError extends Error {
  name = 'OutOfStockError';
  article = '';
}
registerError(OutOfStockError);

export class SecretError extends Error {
  #secret;
  constructor(secret) {
    super('a secret');
    this.#secret = secret;
  }
  get secret() {
    return this.#secret;
  }
}
registerError(SecretError, { toFields: (error) => error.secret, fromFields: (secret) => new SecretError(secret) });

export const user = new ContextVar('test user', { crossing: true });
export const local = new ContextVar('test local', { default: 'default' });

export async function addLater(a, b) {
  await sleep(0);
  return a + b;
}
export function failOutOfStock() {
  throw Object.assign(new OutOfStockError('no bread'), { article: 'bread' });
}
export async function failSecret() {
  throw new SecretError('xyzzy');
}
export async function failGroup() {
  throw new ExceptionGroup('group', [new RangeError('one'), new ExceptionGroup('inner', [new OutOfStockError('two')])]);
}

export async function waitAndClean(shared) {
  report('begun');
  try {
    await sleepForever();
  } finally {
    await shielded(async () => {
      await sleep(1);
      if (shared !== undefined) Atomics.store(new Int32Array(shared), 0, 1);
      report('cleaned');
    });
  }
}
export async function waitAndMake(file) {
  report('begun');
  try {
    await sleepForever();
  } finally {
    writeFileSync(file, '');
  }
}
/** `sleep FILE` makes the file when it is asked to end; anything else fails once one sleeps. */
export async function sleepOrFail(what) {
  const [verb, file] = what.split(' ');
  if (verb !== 'sleep') throw new RangeError(what);
  try {
    await sleepForever();
  } finally {
    writeFileSync(file, '');
  }
}
export async function ignoreCancellation() {
  report('begun');
  for (;;) {
    try {
      await sleepForever();
    } catch {
      // Comes back for more.
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
export const deadlineIn = () => currentEffectiveDeadline() - currentTime();
export async function ownTimeout() {
  const scope = new CancelScope();
  scope.cancel('mine');
  await scope.run(sleepForever);
  return scope.cancelledCaught;
}
export async function leakCancelled() {
  let leaked;
  const scope = new CancelScope();
  await scope.run(async () => {
    scope.cancel();
    try {
      await sleepForever();
    } catch (error) {
      leaked = error;
      throw error;
    }
  });
  throw leaked;
}

const storage = new AsyncLocalStorage();
export const readStorage = () => storage.getStore() ?? 'no store';
export const seeContext = () => [user.get('none'), local.get()];
export async function changeContext(value) {
  user.set(value);
  await sleep(0);
  return user.get();
}

export function forgetTask() {
  void openNursery((nursery) => nursery.startSoon(sleepForever));
  return 'forgotten';
}
export async function forgetSleep() {
  void sleep(100_000);
}
const event = new Event();
void event;

export async function* count(n) {
  for (let index = 0; index < n; index++) yield index;
}
export async function* countForever(shared) {
  try {
    for (let index = 0; ; index++) {
      if (shared !== undefined) Atomics.store(new Int32Array(shared), 1, index + 1);
      yield index;
    }
  } finally {
    await shielded(() => sleep(1));
    if (shared !== undefined) Atomics.store(new Int32Array(shared), 0, 1);
  }
}
export async function sum(items) {
  let total = 0;
  for await (const item of items) total += item;
  return total;
}
export async function takeTwo(items) {
  const taken = [];
  for await (const item of items) if (taken.push(item) === 2) break;
  return taken;
}
export async function exitAfterTwo(items) {
  await takeTwo(items);
  process.exit(3);
}

const own = remote(new URL(import.meta.url));
export async function nestedDefault() {
  return runInWorker(own.addLater, 1, 2);
}
export async function nestedOpen() {
  return openWorkers({ max: 1 }, (workers) => workers.run(own.addLater, 1, 2));
}
