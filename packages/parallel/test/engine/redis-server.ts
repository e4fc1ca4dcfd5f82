import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Redis of its own, on a Unix socket in a temporary folder, which lives as long as a test. */
export class RedisServer {
  static readonly #program = ['/usr/bin/redis-server', '/usr/local/bin/redis-server'].find((file) => existsSync(file));

  readonly folder: string = mkdtempSync(join(tmpdir(), 'tercet-redis-'));
  readonly path: string = join(this.folder, 'socket');
  #process: ChildProcess | undefined = undefined;
  #ended: Promise<void> = Promise.resolve();

  static async start(): Promise<RedisServer> {
    const server = new RedisServer();
    await server.resume();
    return server;
  }

  /** Starts it, with what it had when it was stopped. */
  async resume(): Promise<void> {
    const program = RedisServer.#program;
    if (program === undefined) throw new Error('Redis is not installed; on Debian: apt-get install redis-server');
    rmSync(this.path, { force: true });
    const options = [
      '--port',
      '0',
      '--unixsocket',
      this.path,
      '--dir',
      this.folder,
      '--save',
      '',
      '--appendonly',
      'yes',
    ];
    const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.folder });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (log += text));
    }
    let exited = false;
    this.#process = child;
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => {
        exited = true;
        resolve();
      });
    });
    while (!(await this.#answers())) {
      if (exited) throw new Error(`Redis has not started:\n${log}`);
    }
  }

  /** Whether it is there, and has loaded its data. */
  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = createConnection(this.path);
      socket.once('connect', () => socket.write('PING\r\n'));
      socket.once('data', (data) => {
        socket.destroy();
        resolve(data.toString().startsWith('+PONG'));
      });
      socket.on('error', () => undefined);
      socket.once('close', () => setTimeout(resolve, 20, false));
    });
  }

  /** Ends it at once, as a crash does. */
  async stop(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#ended;
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
