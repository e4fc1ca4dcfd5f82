// Runs examples, one after the other, in this process: node run-examples.mjs FOLDER COUNT. Each is a module of that folder
// with a function `example`. The errors are written to results.json there, after each example.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { moveOnAfter, run } from '@tercet/core';
import { Enough } from './stand-in.mjs';

const [folder, count] = process.argv.slice(2);
/** The time limit of an example that has no end, such as a server: real milliseconds. */
const limit = 1000;
const results = [];
let strays = [];
process.on('unhandledRejection', (error) => strays.push(error));
process.on('uncaughtException', (error) => strays.push(error));
process.on('warning', () => undefined);
// `main` ends the process, and this one has more to run.
const exit = process.exit.bind(process);
process.exit = (code) => {
  if (code !== undefined && code !== 0) strays.push(new Error(`the example ended the process with ${code}`));
};

const stage = mkdtempSync(join(tmpdir(), 'tercet-examples-'));
process.on('exit', () => rmSync(stage, { recursive: true, force: true }));
process.chdir(stage);
furnish();

for (let index = 0; index < Number(count); index++) {
  strays = [];
  const { example, outside, expected } = await import(pathToFileURL(join(folder, `run-${index}.mjs`)).href);
  let error;
  try {
    if (example !== undefined) await (outside ? atMost(example()) : run(() => moveOnAfter(limit, () => example())));
  } catch (caught) {
    error = caught;
  }
  await new Promise((resolve) => setImmediate(resolve));
  const wrong = [error, ...strays].find((each) => each !== undefined && !isMeant(each, expected));
  results.push(wrong === undefined ? null : String(wrong?.stack ?? wrong));
  writeFileSync(join(folder, 'results.json'), JSON.stringify(results));
}
exit(0);

/** The files that examples read. */
function furnish() {
  for (const name of ['src', 'site']) mkdirSync(name);
  writeFileSync('src/index.ts', 'export {};\n');
  writeFileSync('site/index.html', '<h1>Hello</h1>\n');
  writeFileSync('build.log', 'begun\nerror: no such file\n');
  writeFileSync('names.txt', 'ann\nbob\n');
  writeFileSync('image.png', Buffer.from('89504e470d0a1a0a', 'hex'));
  writeFileSync('counter', '1');
  const git = (...args) => spawnSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args]);
  git('init');
  git('add', '.');
  git('commit', '-m', 'Begin');
}

async function atMost(promise) {
  await Promise.race([promise, new Promise((resolve) => setTimeout(resolve, limit))]);
}

/** Whether the example shows this error, or a stand-in has been used up. */
function isMeant(error, expected) {
  if (error instanceof Enough || expected.includes(error?.name)) return true;
  if (Array.isArray(error?.errors)) return error.errors.every((each) => isMeant(each, expected));
  return error?.cause !== undefined && isMeant(error.cause, expected);
}
