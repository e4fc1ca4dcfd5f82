import { fork, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endMarked, marked } from './marked-processes.mjs';
import { until } from './until.mjs';

const program = fileURLToPath(new URL('run-one.mjs', import.meta.url));

/**
 * Runs an attack in a new process, within its time. Then everything that it has started has to be gone: what is left is ended,
 * and the attack counts as broken.
 */
export async function runAttack({ family, name, timeout }, signal) {
  const folder = mkdtempSync(join(tmpdir(), 'tercet-attack-'));
  const begun = Date.now();
  const mark = `${process.pid}-${begun}`;
  try {
    const outcome = await attackWithin(timeout * 1_000, { family, name, folder, mark }, signal);
    await until(() => marked(mark).length === 0, 3_000);
    const left = endMarked(mark);
    if (left.length > 0) outcome.broken.push(`left behind: ${left.join(', ')}`);
    const state = outcome.broken.length > 0 ? 'broken' : outcome.refused === undefined ? 'held' : 'not tried';
    return { ...outcome, state, seconds: (Date.now() - begun) / 1_000 };
  } finally {
    endMarked(mark);
    removeAll(folder);
  }
}

function attackWithin(timeout, { family, name, folder, mark }, signal) {
  const child = fork(program, [family, name, folder], {
    execArgv: ['--expose-gc'],
    env: { ...process.env, TERCET_ATTACK: mark, TMPDIR: folder, HOME: folder, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr.on('data', (text) => (errors = `${errors}${text}`.slice(-2_000)));
  return new Promise((resolve) => {
    let outcome;
    const end = (reason) => {
      outcome ??= { figure: '', broken: [reason] };
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => end(`took longer than ${timeout / 1_000} s`), timeout);
    const interrupt = () => end('interrupted');
    signal.addEventListener('abort', interrupt);
    child.on('message', (message) => (outcome ??= message));
    child.on('close', (code, killer) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', interrupt);
      resolve(outcome ?? { figure: '', broken: [`the attack ended with ${code ?? killer}: ${errors}`] });
    });
  });
}

/** Also folders that an attack has made unreadable, or deeper than Node can remove. */
function removeAll(folder) {
  const remove = () => spawnSync('rm', ['-rf', folder], { stdio: 'ignore' }).status === 0;
  if (remove()) return;
  spawnSync('chmod', ['-R', 'u+rwX', folder], { stdio: 'ignore' });
  remove();
}
