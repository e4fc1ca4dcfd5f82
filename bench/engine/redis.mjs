// The Redis that all contestants share.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'tercet-bench-'));
  const path = join(folder, 'socket');
  const options = ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => {
    server.stdout.setEncoding('utf8').on('data', (text) => {
      if (/ready to accept connections/i.test(text)) resolve();
    });
  });
  return {
    path,
    async end() {
      server.kill('SIGKILL');
      await once(server, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Processor time of the Redis process, in milliseconds. */
export async function busyOfRedis(client) {
  const text = await client.info('cpu');
  const seconds = ['used_cpu_user', 'used_cpu_sys'].map((name) =>
    Number(new RegExp(`${name}:([\\d.]+)`).exec(text)[1]),
  );
  return (seconds[0] + seconds[1]) * 1000;
}
