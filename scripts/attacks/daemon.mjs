import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from './client.mjs';
import { descriptors, isRunning } from '../process-figures.mjs';
import { until } from './until.mjs';

export const jobd = fileURLToPath(new URL('../../apps/demo/dist/main.js', import.meta.url));
const monitor = new URL('victims/daemon-monitor.mjs', import.meta.url).href;

/** jobd as it is built, with a folder for its files. It is killed when the attack ends. */
export class Daemon {
  folder;
  #child;
  #log = '';
  #ended;
  #state;

  /** @param options.prefix words before the command; `stdout`: where its log goes, if not to the attack */
  static async start(trial, config = {}, { name = 'daemon', ...options } = {}) {
    const folder = join(trial.folder, name);
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(folder, 'tmp'), { recursive: true });
    // Another user may have to enter.
    for (const each of [trial.folder, folder]) chmodSync(each, 0o755);
    const daemon = new Daemon(folder, { listen: { unix: 'jobd.sock' }, grace: 200, ...config }, options);
    trial.atEnd(() => daemon.end());
    await until(() => daemon.isListening || !daemon.isAlive, 240_000);
    if (!daemon.isAlive || !daemon.isListening) throw new Error(`jobd has not started: ${daemon.#log}`);
    return daemon;
  }

  constructor(folder, config, { prefix = [], stdout = 'pipe', program = jobd } = {}) {
    this.folder = folder;
    this.#state = join(folder, 'state');
    const listeners = Object.keys(config.listen).length;
    this.expected = listeners;
    writeFileSync(join(folder, 'jobd.json'), JSON.stringify(config));
    const [file, ...args] = [
      ...prefix,
      process.execPath,
      '--expose-gc',
      '--import',
      monitor,
      program,
      'serve',
      join(folder, 'jobd.json'),
    ];
    this.#child = spawn(file, args, {
      stdio: ['ignore', stdout, 'pipe'],
      env: { ...process.env, HOME: folder, TMPDIR: join(folder, 'tmp'), ATTACK_STATE: this.#state },
    });
    this.#child.stdout?.on('data', (text) => (this.#log += String(text)));
    this.#child.stderr.on('data', (text) => (this.#log += String(text)));
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', resolve);
      this.#child.on('close', (code, signal) => resolve(code ?? signal));
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get child() {
    return this.#child;
  }

  get isAlive() {
    return this.#child.exitCode === null && this.#child.signalCode === null && isRunning(this.pid);
  }

  /** Settles with its exit code, or with the signal that has ended it. */
  get ended() {
    return this.#ended;
  }

  /** The entries of its log so far. */
  get log() {
    return this.#log.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  }

  /** Messages of level 50, which must not occur. */
  get failures() {
    return this.log.filter(({ level }) => level >= 50);
  }

  get #addresses() {
    return this.log.filter(({ msg }) => msg === 'listening').map(({ address }) => address);
  }

  get isListening() {
    return this.#child.stdout === null ? existsSync(this.socket) : this.#addresses.length === this.expected;
  }

  get socket() {
    return join(this.folder, 'jobd.sock');
  }

  /** The port of `tcp` or `tls`. */
  port(kind) {
    return Number(new URL(this.#addresses.find((address) => address.startsWith(`${kind}:`))).port);
  }

  address(kind) {
    return this.#addresses.find((address) => address.startsWith(`${kind}:`));
  }

  /** The first line of a client at the port. */
  authentication(kind) {
    const { hostname, port } = new URL(this.address(kind));
    const file = join(this.folder, '.jobd/tokens', encodeURIComponent(`${hostname}:${port}`));
    return { op: 'authenticate', token: readFileSync(file, 'utf8').split('\n')[0] };
  }

  get descriptors() {
    return descriptors(this.pid);
  }

  /** Figures since the last call: see daemon-monitor.mjs. */
  async state() {
    rmSync(this.#state, { force: true });
    process.kill(this.pid, 'SIGUSR2');
    await until(() => existsSync(this.#state));
    return JSON.parse(readFileSync(this.#state, 'utf8'));
  }

  /** Asks over a new connection to the socket. */
  async ask(request) {
    const client = await Client.open(this.socket);
    try {
      return await client.ask(request);
    } finally {
      client.close();
    }
  }

  /** Starts a run. @returns its number. */
  async submit(jobs, name = 'jobs.json') {
    const text = typeof jobs === 'string' ? jobs : JSON.stringify({ jobs });
    const answer = await this.ask({ op: 'submit', path: join(this.folder, name), text });
    if (answer?.result === undefined) throw new Error(`not taken: ${JSON.stringify(answer)}`);
    return answer.result.run;
  }

  /** Runs jobs until they have ended. @returns what `list` says of them, by name. */
  async runJobs(jobs, name) {
    const run = await this.submit(jobs, name);
    let reports;
    await until(async () => {
      reports = (await this.ask({ op: 'list', run })).result.jobs;
      return reports.every(({ status }) => status !== 'running' && status !== 'waiting');
    });
    return Object.fromEntries(reports.map((report) => [report.job.slice(`${run}/`.length), report]));
  }

  /** Whether a request is answered. */
  async isFine() {
    return (await this.ask({ op: 'list' }))?.result !== undefined;
  }

  /** @returns its exit code, or the signal that has ended it. */
  stop() {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }

  /** Ends it together with its jobs, which go on when it is killed. */
  async end() {
    const isOver = Promise.race([this.stop(), sleep(20_000, 'late', { ref: false })]);
    if ((await isOver) === 'late') await this.kill();
  }

  async kill() {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
