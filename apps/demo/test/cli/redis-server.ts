import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { join } from 'node:path';

/** Runs `body` beside a Redis of its own, on a Unix socket in a folder. */
export async function withRedis(folder: string, body: (socket: string) => Promise<void>): Promise<void> {
  const socket = join(folder, 'redis');
  const options = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
    server.once('error', () => resolve());
  });
  try {
    while (!(await accepts(socket))) {
      if (server.pid === undefined) throw new Error('Redis is not installed; on Debian: apt-get install redis-server');
    }
    await body(socket);
  } finally {
    server.kill('SIGKILL');
    await ended;
  }
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(resolve, 20, false));
  });
}
