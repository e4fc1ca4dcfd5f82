// Jobs that need nothing of Tercet but the small worker entry.
import { existsSync, writeFileSync, writeSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { cancelRequested, report, throwIfCancelRequested, transfer, workerInfo } from '@tercet/parallel/worker';

export const NOT_A_FUNCTION = 1;

export const add = (a, b) => a + b;
export const echo = (...args) => args[0];
export const nothing = () => undefined;
export const addSoon = (a, b) => Promise.resolve(a + b);

export function fail(message) {
  throw new RangeError(message);
}
export function throwValue(value) {
  throw value;
}
export class UnknownError extends Error {
  name = 'UnknownError';
  code = 'E_UNKNOWN';
  article = { id: 7 };
  onDone = () => undefined;
}
export function failUnknown() {
  throw new UnknownError('nobody knows me');
}
export function failDeep() {
  let error = new Error('level 10');
  for (let level = 9; level >= 0; level--) error = new TypeError(`level ${level}`, { cause: error });
  throw error;
}
export function failMany() {
  throw new AggregateError([new RangeError('one'), new Error('two', { cause: new TypeError('why') })], 'many');
}
export function failTwiceWithOne(which) {
  const errors = [new RangeError('first'), new TypeError('second')];
  throw new AggregateError(errors, 'both', { cause: errors[which] });
}
export class CodedError extends Error {
  get code() {
    return 'E_CODED';
  }
}
export function failCoded() {
  throw new CodedError('coded');
}
export const giveGetter = () => ({
  get late() {
    throw new Error('not now');
  },
});
export function failFile() {
  existsSync('/');
  throw Object.assign(new Error('no such file'), { code: 'ENOENT', errno: -2, path: '/nowhere' });
}

export const giveFunction = () => ({ list: [1, { onDone: () => undefined }] });
export const giveBuffer = () => Buffer.from('from the worker');
export const isBuffer = (value) => Buffer.isBuffer(value) || Buffer.isBuffer(value?.nested?.[0]);
export const moveBack = (size) => {
  const data = new Uint8Array(size);
  return transfer(data, [data.buffer]);
};
export const byteLength = (value) => value.byteLength;
export function store(shared, value) {
  Atomics.store(new Int32Array(shared), 0, value);
}

let count = 0;
export const countUp = () => ++count;
export const where = () => workerInfo();
export const pid = () => process.pid;

/** Blocks the event loop until a file exists. */
export function blockUntil(file) {
  report('begun');
  while (!existsSync(file));
  return 'unblocked';
}
/** Blocks the event loop until shared memory says so. */
export function blockOn(shared) {
  report('begun');
  Atomics.wait(new Int32Array(shared), 0, 0);
  return 'unblocked';
}
export function spin() {
  report('begun');
  for (;;);
}
export function spinUntilAsked() {
  report('begun');
  while (!cancelRequested());
  return 'asked';
}
export function spinUntilAskedAt() {
  report('begun');
  while (!cancelRequested());
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
export async function turnUntilAsked() {
  report('begun');
  while (!cancelRequested()) await new Promise((resolve) => setImmediate(resolve));
  return 'asked';
}
export function spinUntilThrown() {
  report('begun');
  for (;;) throwIfCancelRequested();
}
/** Stays in native code until a file exists. */
export function waitInNativeCode(file) {
  report('begun');
  execFileSync('sh', ['-c', 'until [ -e "$0" ]; do sleep 0.05; done', file]);
}
/** `make FILE`, `wait FILE`, or nothing. */
export function makeOrWait(what) {
  const [verb, file] = what.split(' ');
  if (verb === 'make') writeFileSync(file, '');
  while (verb === 'wait' && !existsSync(file));
  return what;
}
export function make(file) {
  writeFileSync(file, '');
}

export function exit(code) {
  process.exit(code);
}
/** Answers, and exits before it takes another job. */
export function exitAfterAnswer() {
  report('begun');
  queueMicrotask(() => process.exit(3));
}
export function crash() {
  process.kill(process.pid, 'SIGKILL');
}
export function exitAfter(file) {
  report('begun');
  while (!existsSync(file));
  process.exit(3);
}
export function crashLater() {
  setImmediate(() => {
    throw new Error('outside of any job');
  });
}
export function eatMemory() {
  const kept = [];
  for (;;) kept.push(new Array(100_000).fill(kept.length));
}

let ready = false;
export function prepare() {
  ready = true;
}
export const isReady = () => ready;
/** Says who it is, and blocks its event loop. */
export function prepareForEver() {
  writeSync(1, `pid ${process.pid}.\n`);
  for (;;);
}
export function failToPrepare() {
  throw new RangeError('no database');
}
export const afterTwo = () => count >= 2;
export const afterHundred = () => count >= 100;
export function failToRetire() {
  throw new RangeError('cannot retire');
}
export function refuseToExit() {
  process.on('exit', () => {
    for (;;);
  });
}
export function allocate(bytes) {
  globalThis.kept = new Array(bytes / 8).fill(0.5);
}

export function reportAll(n) {
  for (let index = 0; index <= n; index++) report(index);
  return n;
}
export function say(text) {
  console.log(text);
  return 'said';
}
export function* numbers(n) {
  for (let index = 0; index < n; index++) yield index;
}
export function* failAfterItems(n) {
  yield* numbers(n);
  throw new RangeError('no more items');
}
export function* exitAfterItem() {
  yield 0;
  process.exit(3);
}
export const append = (shared) => Atomics.add(new Int32Array(shared), 0, 1);
