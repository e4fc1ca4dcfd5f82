import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from '@jest/globals';
import { named, openNursery, sleep, type Nursery } from '@tercet/core';
import type { Process } from '@tercet/proc';
import { environmentIn, until } from './daemon-process.ts';
import { callJobd, programTest, writeJobFile } from './jobd-process.ts';
import { withRedis } from './redis-server.ts';

interface SharingDaemon {
  /** Sends a SIGTERM, at the first call only: a second one would end the daemon at once. */
  readonly stop: () => void;
  readonly socket: string;
  /** The number of each run that it carries out. */
  readonly taken: () => number[];
}

/** Starts a daemon that shares its runs. */
async function startDaemon(nursery: Nursery, folder: string, redis: string, name: string): Promise<SharingDaemon> {
  const own = join(folder, name);
  mkdirSync(own);
  const config = join(own, 'jobd.json');
  writeFileSync(config, JSON.stringify({ listen: { unix: 'jobd.sock' }, grace: 200 }));
  const logFile = join(own, 'daemon.log');
  const log = (): Record<string, unknown>[] =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const env = environmentIn(own);
  const process = await nursery.start<Process>(
    named(`daemon ${name}`, async (taskStatus) => {
      const args = ['serve', config, '--engine', `redis+unix://${redis}`];
      const end = await callJobd(args, { captureStdout: false, stdout: { file: logFile }, env, taskStatus });
      expect([end.exitCode, end.stderrText]).toEqual([0, '']);
    }),
  );
  await until(() => existsSync(logFile) && log().some(({ msg }) => msg === 'listening'));
  let isStopping = false;
  return {
    stop: () => {
      if (!isStopping) process.terminate();
      isStopping = true;
    },
    socket: join(own, 'jobd.sock'),
    taken: () => log().flatMap(({ msg, run }) => (msg === 'taken' ? [Number(run)] : [])),
  };
}

function withTwoDaemons(body: (daemons: SharingDaemon[], folder: string) => Promise<void>): () => Promise<void> {
  return programTest((folder) =>
    withRedis(folder, (redis) =>
      openNursery(async (nursery) => {
        const daemons = [
          await startDaemon(nursery, folder, redis, 'first'),
          await startDaemon(nursery, folder, redis, 'second'),
        ];
        await body(daemons, folder);
        for (const { stop } of daemons) stop();
      }),
    ),
  );
}

/** Sends a request. @returns its events and its result. */
function ask({ socket }: SharingDaemon, request: object): Promise<{ readonly events: object[]; readonly result: any }> {
  return new Promise((resolve, reject) => {
    const events: object[] = [];
    const client = connect(socket, () => client.write(`${JSON.stringify({ jobd: 1, id: '1', ...request })}\n`));
    createInterface({ input: client }).on('line', (line) => {
      const answer = JSON.parse(line) as { event?: object; result?: unknown; error?: { message: string } };
      if (answer.event !== undefined) return void events.push(answer.event);
      client.end();
      if (answer.error === undefined) resolve({ events, result: answer.result });
      else reject(new Error(answer.error.message));
    });
    client.once('error', reject);
  });
}

async function submit(daemon: SharingDaemon, file: string): Promise<number> {
  const text = readFileSync(file, 'utf8');
  return (await ask(daemon, { op: 'submit', path: file, text })).result.run as number;
}

async function statusOf(daemon: SharingDaemon, run: number): Promise<string[]> {
  const { jobs } = (await ask(daemon, { op: 'list', run })).result as { jobs: { job: string; status: string }[] };
  return jobs.map(({ job, status }) => `${job.split('/')[1]} ${status}`);
}

async function untilStatus(daemon: SharingDaemon, run: number, wanted: string): Promise<void> {
  while (!(await statusOf(daemon, run)).includes(wanted)) await sleep(20);
}

it(
  'P67, P70: two daemons share one queue, and each of them can list, tail and cancel what the other one runs',
  withTwoDaemons(async (daemons, folder) => {
    const file = writeJobFile(folder, {
      jobs: {
        talk: { run: 'seq 5; while [ ! -e go ]; do sleep 0.05; done; echo end', cwd: folder },
        long: { run: 'sleep 1000' },
      },
    });
    const run = await submit(daemons[0]!, file);
    for (const daemon of daemons) await untilStatus(daemon, run, 'talk running');
    expect(daemons.flatMap(({ taken }) => taken())).toEqual([run]);
    await openNursery((nursery) => {
      for (const daemon of daemons) {
        nursery.startSoon(async () => {
          const { events, result } = await ask(daemon, { op: 'tail', job: `${run}/talk` });
          expect(events).toEqual(['1', '2', '3', '4', '5', 'end'].map((line) => ({ line })));
          expect(result).toMatchObject({ job: `${run}/talk`, status: 'succeeded' });
        });
      }
      writeFileSync(join(folder, 'go'), '');
    });
    // The one that does not run it.
    const other = daemons.find(({ taken }) => taken().length === 0)!;
    await ask(other, { op: 'cancel', target: `${run}/long` });
    await untilStatus(daemons[0]!, run, 'long cancelled');
    expect((await statusOf(daemons[0]!, run)).sort()).toEqual(['long cancelled', 'talk succeeded']);
    const second = await submit(daemons[1]!, file);
    await untilStatus(daemons[0]!, second, 'long running');
    const idle = daemons.find(({ taken }) => !taken().includes(second))!;
    await ask(idle, { op: 'cancel', target: String(second) });
    await untilStatus(
      daemons.find((daemon) => daemon !== idle)!,
      second,
      'long cancelled',
    );
  }),
);

it(
  'P72: what a daemon has not ended when it is told to stop is begun again by the other one',
  withTwoDaemons(async (daemons, folder) => {
    const journal = join(folder, 'journal');
    const line = 'echo begin >> journal; while [ ! -e go ]; do sleep 0.05; done; echo end >> journal';
    const file = writeJobFile(folder, { jobs: { work: { run: line, cwd: folder } } });
    const run = await submit(daemons[0]!, file);
    const lines = (): string[] => (existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n') : []);
    await until(() => lines().length === 1);
    const [first, second] = daemons[0]!.taken().includes(run) ? daemons : daemons.slice().reverse();
    first!.stop();
    await until(() => lines().length === 2);
    writeFileSync(join(folder, 'go'), '');
    await untilStatus(second!, run, 'work succeeded');
    expect(lines()).toEqual(['begin', 'begin', 'end']);
    expect(second!.taken()).toEqual([run]);
  }),
);
