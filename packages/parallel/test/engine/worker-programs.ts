import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('./worker-program.mjs', import.meta.url));

/** How a worker program begins: durations in milliseconds. */
export interface ProgramOptions {
  readonly lock: number;
  readonly check: number;
  readonly maxLost?: number;
  readonly concurrency: number;
  readonly prefix?: string;
  readonly grace?: number;
}

/** Worker programs, each a process. */
export class WorkerPrograms {
  readonly #path: string;
  readonly #running = new Set<ChildProcess>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves when its program has begun. */
  async start(queue: string, options: ProgramOptions): Promise<ChildProcess> {
    const child = fork(file, [this.#path, queue, JSON.stringify(options)], { execArgv: [] });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('exit', (code) => reject(new Error(`the worker program has ended with code ${code}`)));
    });
    return child;
  }

  async end(): Promise<void> {
    await Promise.all(
      [...this.#running].map(async (child) => {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await ended;
      }),
    );
  }
}
