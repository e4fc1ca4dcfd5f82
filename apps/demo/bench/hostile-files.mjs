// How long job files that are made to cost much hold up a daemon, as another client sees it: the longest time that it
// waits for an answer while the file is read, and the most processor time that the daemon's main thread uses in one step. The
// first row is the same without a file: what the machine adds.
//
//   npm run bench -w apps/demo            after a build; or with the path of another build's main.js

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = process.argv[2] ?? fileURLToPath(new URL('../dist/main.js', import.meta.url));
const mostWaiting = Number(process.env.MOST_WAITING ?? 60_000);

const numbered = (count, text) => Array.from({ length: count }, (_, n) => text(n)).join('');
const only = process.env.ONLY;
const files = {
  '10,000 jobs': `jobs:\n${numbered(10_000, (n) => `  a${n}: { run: "true" }\n`)}`,
  '20,000 variables': `jobs:\n  a:\n    run: "true"\n    env:\n${numbered(20_000, (n) => `      K${n}: v\n`)}`,
  '10,000 jobs that are none': `jobs:\n${numbered(10_000, (n) => `  a${n}: 1\n`)}`,
  '20,000 jobs that are none': `jobs:\n${numbered(20_000, (n) => `  a${n}: 1\n`)}`,
  '900,000 open brackets': '['.repeat(900_000),
  'a key 20,000 times': `jobs:\n${'  a: { run: x }\n'.repeat(20_000)}`,
  '100,000 unknown needs': `jobs: { a: { run: x, needs: [${'b,'.repeat(100_000)}] } }`,
  'aliases of aliases': `${numbered(9, (n) => `l${n}: &l${n} [${n === 0 ? '' : `*l${n - 1},`.repeat(9)}1]\n`)}jobs: *l8\n`,
  'a megabyte of aliases': `a: [${numbered(70_000, (n) => `&a${n} x,*a${n},`)}]`.slice(0, 1_000_000),
  'a megabyte of closing brackets': ']'.repeat(1_000_000),
  'a megabyte of one line': `jobs: { a: { run: "${'x'.repeat(1_000_000)}" } }`,
  'JSON, 100,000 levels': ['jobs.json', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
};

class Client {
  #socket;
  #waiting = [];
  #text = '';
  bytes = 0;
  constructor(path) {
    this.#socket = connect(path);
    this.#socket.setEncoding('utf8');
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (text) => {
      this.bytes += text.length;
      const lines = (this.#text + text).split('\n');
      this.#text = lines.pop();
      for (const line of lines) this.#waiting.shift()?.(line);
    });
    this.#socket.on('close', () => this.#waiting.forEach((resolve) => resolve('closed')));
  }
  ask(request) {
    this.#socket.write(`${JSON.stringify({ jobd: 1, id: 'x', ...request })}\n`);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
  close() {
    this.#socket.destroy();
  }
}

async function withDaemon(body) {
  const folder = mkdtempSync(join(tmpdir(), 'jobd-bench-'));
  const listen = { unix: 'jobd.sock' };
  writeFileSync(join(folder, 'jobd.json'), JSON.stringify({ listen, concurrency: 1, grace: 0, logLevel: 'silent' }));
  const measured = join(folder, 'longest-turn');
  const monitor = new URL('longest-turn.mjs', import.meta.url).href;
  const daemon = spawn(process.execPath, ['--import', monitor, program, 'serve', join(folder, 'jobd.json')], {
    stdio: 'ignore',
    env: { ...process.env, LONGEST_TURN: measured },
  });
  const ended = new Promise((resolve) => daemon.on('close', resolve));
  try {
    const socket = join(folder, 'jobd.sock');
    while (!existsSync(socket)) await sleep(10);
    const observed = await body(socket, () => daemon.kill('SIGUSR2'));
    daemon.kill('SIGUSR2');
    for (let waited = 0; waited < 5_000 && !existsSync(measured); waited += 100) await sleep(100);
    return { ...observed, step: existsSync(measured) ? Number(readFileSync(measured, 'utf8')) : NaN };
  } finally {
    const killer = setTimeout(() => daemon.kill('SIGKILL'), 5_000);
    daemon.kill('SIGTERM');
    await ended;
    clearTimeout(killer);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the longest that an observer waited, and how long the answer to `act` took. */
async function observe(socket, act) {
  const observer = new Client(socket);
  let isOver = false;
  let longest = 0;
  const observing = (async () => {
    while (!isOver) {
      const begin = performance.now();
      await observer.ask({ op: 'list', run: 999_999 });
      longest = Math.max(longest, performance.now() - begin);
      await sleep(2);
    }
  })();
  await sleep(200);
  const begin = performance.now();
  const answer = await Promise.race([act(), sleep(mostWaiting, 'none', { ref: false })]);
  const time = performance.now() - begin;
  // Work that the daemon does after its answer counts as well.
  await Promise.race([sleep(500), observing]);
  isOver = true;
  await Promise.race([observing, sleep(mostWaiting, undefined, { ref: false })]);
  observer.close();
  return { longest, time, answer };
}

const row = (name, size, { longest, time, answer, step }) => {
  const outcome = answer === 'none' ? 'none' : `${answer.length} bytes`;
  console.log(
    [
      name.padEnd(32),
      size.padStart(8),
      `${longest.toFixed(0)} ms`.padStart(10),
      (Number.isNaN(step) ? '' : `${step.toFixed(0)} ms`).padStart(10),
      `${time.toFixed(0)} ms`.padStart(10),
      outcome.padStart(14),
    ].join(' '),
  );
};

console.log(
  [
    'file'.padEnd(32),
    'size'.padStart(8),
    'held up'.padStart(10),
    'processor'.padStart(10),
    'answer in'.padStart(10),
    'answer'.padStart(14),
  ].join(' '),
);
for (const [name, file] of [['(no file)', undefined], ...Object.entries(files)]) {
  if (only !== undefined && !name.includes(only)) continue;
  const [path, text] = Array.isArray(file) ? file : ['jobs.yaml', file];
  const observed = await withDaemon(async (socket, begin) => {
    const client = new Client(socket);
    // The only place is taken, so the jobs of the file wait.
    const busy = JSON.stringify({ jobs: { busy: { run: 'sleep 600' } } });
    await client.ask({ op: 'submit', path: '/tmp/busy.json', text: busy });
    begin();
    const act = () =>
      text === undefined ? sleep(1_000, '') : client.ask({ op: 'submit', path: `/tmp/${path}`, text });
    const result = await observe(socket, act);
    client.close();
    return result;
  });
  row(name, text === undefined ? '' : `${Math.round(text.length / 1024)} KiB`, observed);
}
