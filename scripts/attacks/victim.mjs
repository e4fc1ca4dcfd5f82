import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A program of the folder `victims`, which is attacked or attacks. It carries out the calls of the attack. */
export class Victim {
  #child;
  #ended;
  #waiting = new Map();
  #count = 0;
  /** Its standard error so far. */
  errors = '';

  /** @param options.prefix words before the command, such as those of a program that sets limits */
  static async start(name, { trial, prefix = [], env = {}, nodeOptions = [] }) {
    const program = fileURLToPath(new URL(`victims/${name}.mjs`, import.meta.url));
    const [file, ...args] = [...prefix, process.execPath, '--expose-gc', ...nodeOptions, program];
    const victim = new Victim(
      spawn(file, args, {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        serialization: 'advanced',
        env: { ...process.env, ...env },
      }),
    );
    trial.atEnd(() => victim.end());
    await victim.call('ready');
    return victim;
  }

  constructor(child) {
    this.#child = child;
    child.stderr.on('data', (text) => (this.errors += String(text)));
    child.on('message', ({ id, result, error }) => {
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    });
    this.#ended = new Promise((resolve) => {
      child.on('error', resolve);
      child.on('exit', (code, signal) => resolve(code ?? signal));
    });
    void this.#ended.then((how) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the victim ended with ${how}: ${this.errors}`));
      this.#waiting.clear();
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get isAlive() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Settles with its exit code or the signal that has ended it. */
  get ended() {
    return this.#ended;
  }

  call(method, argument) {
    const id = this.#count++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, method, argument }, (error) => error && reject(error));
    });
  }

  kill(signal) {
    this.#child.kill(signal);
  }

  async end() {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
