import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, jest } from '@jest/globals';
import { abandonable, currentTime, failAfter, mapConcurrent, shielded, sleep } from '@tercet/core';
import { RawClient } from './daemon-process.ts';
import { program, programTest } from './jobd-process.ts';

/** For how long the daemon is tormented: seconds. */
const duration = Number(process.env['TERCET_SOAK'] ?? 60);
jest.setTimeout((duration + 300) * 1_000);

/** How many troublesome clients there are at a time. Together with their jobs they need more descriptors than there are. */
const clients = 24;
const descriptors = 44;
/** The largest file that the daemon may write: bytes. Writing more fails, as on a full disk. */
const largestFile = 64 * 1024;
const keepRuns = 5;

/** Loaded into the daemon: writes, at SIGUSR2, the size of the heap and the number of its handles. */
const monitor = `
  import { writeFileSync, renameSync } from 'node:fs';
  process.on('SIGUSR2', async () => {
    for (let turn = 0; turn < 5; turn++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const handles = process.getActiveResourcesInfo().filter((kind) => !/Timeout|Immediate|FSReq/.test(kind));
    const file = process.env.SOAK_STATE;
    writeFileSync(file + '.new', JSON.stringify({ heap: process.memoryUsage().heapUsed, handles: handles.length }));
    renameSync(file + '.new', file);
  });`;

/** Figures that must not grow. */
interface State {
  readonly heap: number;
  readonly handles: number;
  readonly descriptors: number;
  readonly children: number;
  /** Folders of runs that are not remembered, beyond those that the daemon has reported as not removable. */
  readonly strayLogs: number;
  readonly scratch: number;
}

class TormentedDaemon implements AsyncDisposable {
  readonly socket: string;
  readonly logs: string;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  /** The beginning of a line of its log. */
  #logged = '';
  /** How often it has reported that old logs cannot be removed, as without descriptors. Those folders stay. */
  unremovable = 0;
  /** The system's errors that jobs have failed with, such as `EMFILE`. */
  readonly refusals = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
    this.socket = join(folder, 'jobd.sock');
    this.logs = join(folder, 'logs');
    mkdirSync(join(folder, 'tmp'));
    const config = {
      listen: { unix: 'jobd.sock' },
      concurrency: 6,
      grace: 200,
      logLevel: 'warn',
      keepRuns,
      limits: { idle: 2_000, write: 1_000, tail: 50 },
    };
    writeFileSync(join(folder, 'jobd.json'), JSON.stringify(config));
    const imported = `data:text/javascript,${encodeURIComponent(monitor)}`;
    const command = [
      process.execPath,
      '--expose-gc',
      '--import',
      imported,
      program,
      'serve',
      join(folder, 'jobd.json'),
    ];
    // A write that is too large is then an error, and not a signal.
    this.#child = spawn('sh', ['-c', `trap '' XFSZ; exec "$@"`, 'sh', ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        TMPDIR: join(folder, 'tmp'),
        SOAK_STATE: join(folder, 'state'),
        JOBD_SOAK: folder,
        NODE_NO_WARNINGS: '1',
      },
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#logged + text).split('\n');
      this.#logged = lines.pop() ?? '';
      this.unremovable += lines.filter((line) => line.includes('"msg":"old logs cannot be removed"')).length;
    });
    this.#ended = new Promise((resolve) => this.#child.on('exit', (code, signal) => resolve(code ?? signal)));
  }

  /** To be called when it has loaded its program, for which it needs more descriptors. */
  limit(): void {
    execFileSync('prlimit', [`--pid=${this.pid}`, `--nofile=${descriptors}`, `--fsize=${largestFile}`]);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** @returns the first answer; `undefined` if the daemon closes the connection, or does not answer. */
  async ask(request: object): Promise<Record<string, unknown> | undefined> {
    using client = new RawClient(this.socket, `${JSON.stringify({ jobd: 1, id: 'x', ...request })}\n`);
    for (let n = 0; n < 1_000; n++) {
      const [answer] = client.answers();
      if (answer !== undefined) return answer;
      if (client.ended) return undefined;
      await sleep(10);
    }
    return undefined;
  }

  /** The processes that it, or a job of it, has started. */
  children(): number[] {
    return readdirSync('/proc').flatMap((name) => {
      const pid = Number(name);
      if (!Number.isInteger(pid) || pid === this.pid) return [];
      try {
        const isOurs = readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`JOBD_SOAK=${this.#folder}\0`);
        return isOurs && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')) ? [pid] : [];
      } catch {
        return [];
      }
    });
  }

  /** The jobs that it remembers. */
  async jobs(): Promise<readonly { readonly status: string; readonly reason?: string }[] | undefined> {
    const { jobs } = ((await this.ask({ op: 'list' }))?.['result'] ?? {}) as { jobs?: [] };
    for (const { reason = '' } of (jobs ?? []) as readonly { readonly reason?: string }[]) {
      const code = /\bE[A-Z]{3,}\b/.exec(reason)?.[0];
      if (code !== undefined) this.refusals.add(code);
    }
    return jobs;
  }

  /** When it has nothing left to do. */
  async state(): Promise<State> {
    await failAfter(60_000, async () => {
      for (;;) {
        const jobs = await this.jobs();
        if (jobs?.every(({ status }) => status !== 'running' && status !== 'waiting') === true) break;
        await sleep(50);
      }
    });
    // The connections of the clients that have vanished end when they have been idle too long.
    await sleep(3_000);
    const file = join(this.#folder, 'state');
    rmSync(file, { force: true });
    process.kill(this.pid, 'SIGUSR2');
    await failAfter(20_000, async () => {
      while (!existsSync(file)) await sleep(10);
    });
    const { heap, handles } = JSON.parse(readFileSync(file, 'utf8')) as Pick<State, 'heap' | 'handles'>;
    return {
      heap,
      handles,
      descriptors: readdirSync(`/proc/${this.pid}/fd`).filter((fd) => this.#isOpen(fd)).length,
      children: this.children().length,
      strayLogs: readdirSync(this.logs).length - keepRuns - this.unremovable,
      scratch: readdirSync(join(this.#folder, 'tmp')).length,
    };
  }

  #isOpen(fd: string): boolean {
    try {
      readlinkSync(`/proc/${this.pid}/fd/${fd}`);
      return true;
    } catch {
      return false;
    }
  }

  /** @returns how it has ended. */
  async stop(): Promise<unknown> {
    this.#child.kill('SIGTERM');
    return await abandonable(this.#ended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await shielded(() => abandonable(this.#ended));
    for (const pid of this.children()) process.kill(pid, 'SIGKILL');
  }
}

const random = (below: number): number => Math.floor(Math.random() * below);
const pick = <T>(choices: readonly T[]): T => choices[random(choices.length)] as T;

/** Jobs that end well, fail, write more than fits, never end, ignore signals, kill themselves, and leave children behind. */
const scripts = [
  'echo hello',
  'exit 3',
  'seq 30000',
  'sleep 98765',
  'trap "" TERM; echo no; sleep 98765',
  'kill -9 $$',
  'sleep 98765 & sleep 98765 & echo two',
  'yes | head -c 200000; sleep 0.1',
  'cat /nowhere',
];

function jobFile(): string {
  const jobs = Object.fromEntries(
    Array.from({ length: 1 + random(3) }, (_, n) => [
      `j${n}`,
      {
        run: pick(scripts),
        timeout: 200 + random(800),
        grace: 50,
        ...(random(3) === 0 ? { retry: { times: 1, delay: 10 } } : {}),
        ...(n > 0 && random(2) === 0 ? { needs: [`j${n - 1}`] } : {}),
      },
    ]),
  );
  return JSON.stringify({ jobs });
}

const message = (request: object): string => `${JSON.stringify({ jobd: 1, id: 'x', ...request })}\n`;

/** One client, which does some harm and vanishes. */
async function torment(daemon: TormentedDaemon, round: number): Promise<void> {
  const run = 1 + random(round + 1);
  const texts = [
    () => message({ op: 'submit', path: '/tmp/a.json', text: jobFile() }),
    () => message({ op: 'submit', path: '/tmp/a.json', text: jobFile() }),
    () => message({ op: 'submit', path: '/tmp/a.yaml', text: '['.repeat(1 + random(5_000)) }),
    () => message({ op: 'cancel', target: `${run}` }) + message({ op: 'cancel', target: `${run}/j0` }),
    () => message({ op: 'tail', job: `${run}/j0` }).repeat(1 + random(10)),
    () => message({ op: 'list' }).repeat(1 + random(20)),
    () => message({ op: 'tail', job: `${run}/j0` }).slice(0, random(40)),
    () => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  ];
  using client = new RawClient(daemon.socket, pick(texts)());
  if (random(3) === 0) client.pause();
  await sleep(random(300));
  if (random(3) === 0) client.send(pick(texts)());
  await sleep(random(300));
  const children = daemon.children();
  if (random(4) === 0 && children.length > 0) {
    try {
      process.kill(pick(children), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

it(
  `a daemon on a full disk, without descriptors, whose clients vanish and whose jobs are killed, does not grow: ${duration} s`,
  programTest(async (folder) => {
    await using daemon = new TormentedDaemon(folder);
    await failAfter(60_000, async () => {
      while (!existsSync(daemon.socket)) await sleep(10);
    });
    // It answers when all of it has been loaded.
    await daemon.ask({ op: 'list' });
    daemon.limit();
    const states: State[] = [];
    const end = currentTime() + duration * 1_000;
    let rounds = 0;
    // The first part loads code and fills caches, which does not count as growth.
    for (const part of [1 / 4, 2 / 4, 3 / 4, 1]) {
      const until = end - (1 - part) * duration * 1_000;
      do {
        await mapConcurrent(Array.from({ length: clients * 4 }), () => torment(daemon, rounds), {
          concurrency: clients,
        });
        rounds += clients;
        await daemon.jobs();
      } while (currentTime() < until);
      states.push(await daemon.state());
    }
    const shown = states.map((state) => JSON.stringify(state)).join('\n');
    const refusals = [...daemon.refusals].join(', ');
    console.log(`${rounds} clients; jobs have failed with ${refusals}; ${daemon.unremovable} folders stay\n${shown}`);
    // The faults have been met.
    expect([...daemon.refusals]).toEqual(expect.arrayContaining(['EFBIG', 'EMFILE']));
    const [first] = states as [State];
    for (const state of states.slice(1)) {
      expect(state).toMatchObject({ children: 0, scratch: 0 });
      expect(state.handles).toBeLessThanOrEqual(first.handles + 1);
      expect(state.descriptors).toBeLessThanOrEqual(first.descriptors + 1);
      expect(state.strayLogs).toBeLessThanOrEqual(0);
      expect(state.heap).toBeLessThan(first.heap * 1.2 + 2 ** 20);
    }
    // It is still of use.
    const answer = await daemon.ask({ op: 'submit', path: '/tmp/a.json', text: '{"jobs":{"a":{"run":"true"}}}' });
    expect(answer).toMatchObject({ result: {} });
    expect(await daemon.stop()).toBe(0);
    expect(daemon.children()).toEqual([]);
  }),
);
