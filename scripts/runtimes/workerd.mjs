// workerd, the runtime of Cloudflare's Workers, runs no test runner: it gets one bundled program and answers one request.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const config = (main) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .program)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const program :Workerd.Worker = (
  modules = [(name = "program.mjs", esModule = embed "${main}")],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["nodejs_compat"],
);
`;

/** The results by package: how many checks there are, and which have failed. */
export async function runInWorkerd({ file }) {
  const folder = mkdtempSync(join(tmpdir(), 'tercet-workerd-'));
  try {
    buildSync({
      entryPoints: [fileURLToPath(new URL('worker-program.mjs', import.meta.url))],
      outfile: join(folder, 'program.mjs'),
      bundle: true,
      format: 'esm',
      target: 'es2022',
      external: ['node:*'],
    });
    writeFileSync(join(folder, 'config.capnp'), config('program.mjs'));
    return await ask(file, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ask(file, folder) {
  // It reports the port that it was given on a descriptor that it is handed for that.
  const child = spawn(file, ['serve', '--control-fd=3', join(folder, 'config.capnp')], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  child.stderr.on('data', (data) => (output += data));
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    const port = await new Promise((resolve, reject) => {
      child.once('error', reject);
      void ended.then(() => reject(new Error(`workerd has ended:\n${output}`)));
      createInterface({ input: child.stdio[3] }).on('line', (line) => {
        const message = JSON.parse(line);
        if (message.event === 'listen') resolve(message.port);
      });
    });
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(120_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`workerd answers ${response.status}:\n${text}\n${output}`);
    return JSON.parse(text);
  } finally {
    child.kill();
    await ended;
  }
}
