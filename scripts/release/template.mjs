// Tries the template of a service as a new user does: copied into an empty folder, installed, tested, linted, started,
// asked, and stopped while it still has to answer.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { command } from './command.mjs';
import { connect, userEnvironment } from './npm-settings.mjs';

/** A fault that lint has to find: proof that it looks at the files. */
const trap = `import { sleep } from '@tercet/core';
export async function wait(): Promise<void> {
  try {
    await sleep(1);
  } catch {}
}
`;

/** Tries the template that is in this repository, with the packages of this registry, in this folder. */
export async function tryTemplate(repository, registry, folder) {
  await copy(repository, folder);
  connect(folder, registry);
  const where = { cwd: folder, env: userEnvironment() };
  await command('npm', ['install', '--loglevel=error'], where);
  await command('npm', ['test'], where);
  await command('npm', ['run', 'lint'], where);
  writeFileSync(join(folder, 'src', 'trap.ts'), trap);
  await assert.rejects(
    command('npm', ['run', 'lint'], where),
    /no-swallowed-cancel/,
    'lint finds a swallowed Cancelled',
  );
  const { answer, code, lines } = await serveAndStop(where);
  const prices = [{ shop: 'corner', price: 6 }, { shop: 'market', price: 6 }, { shop: 'mall' }];
  assert.deepEqual({ answer, code }, { answer: { status: 200, prices }, code: 0 });
  const [first, second] = lines.filter(({ url, status }) => url === '/prices' || status === 200);
  assert.match(first.request, /^[-\da-f]{36}$/, 'a log line names its request');
  assert.equal(second.request, first.request);
  assert.equal(lines.at(-1).msg, 'every request has ended');
  console.log('The template installs, passes its tests and its lint, serves a request, and ends gracefully.');
}

/** Copies what git has of the template. */
async function copy(repository, folder) {
  const template = join(repository, 'templates', 'service');
  const listed = await command('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: template });
  for (const file of listed.split('\0').filter((name) => name !== '' && existsSync(join(template, name)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(template, file), join(folder, file));
  }
}

/** Starts the service, and asks it to stop as soon as it has got a request, which takes half a second. */
async function serveAndStop({ cwd, env }) {
  const service = spawn(process.execPath, ['dist/src/main.js'], {
    cwd,
    env: { ...env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(service, 'exit');
  try {
    const lines = [];
    let answer;
    for await (const text of createInterface({ input: service.stdout })) {
      const line = JSON.parse(text);
      lines.push(line);
      if (line.msg === 'listening') answer = ask(line.port);
      if (line.msg === 'request') service.kill('SIGTERM');
    }
    const [code] = await ended;
    return { answer: await answer, code, lines };
  } finally {
    service.kill('SIGKILL');
  }
}

async function ask(port) {
  const response = await fetch(`http://localhost:${port}/prices`);
  return { status: response.status, prices: await response.json() };
}
