import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { named, openNursery, type Nursery } from '@tercet/core';
import type { CompletedProcess, Process } from '@tercet/proc';
import { environmentIn, until } from './daemon-process.ts';
import { callJobd, programTest, writeJobFile } from './jobd-process.ts';
import { withRedis } from './redis-server.ts';

interface SharingDaemon {
  readonly process: Process;
  readonly jobd: (...args: string[]) => Promise<CompletedProcess>;
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
  const address = { ...env, JOBD_ADDRESS: join(own, 'jobd.sock') };
  return {
    process,
    jobd: (...args) => callJobd(args, { env: address }),
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
        for (const { process } of daemons) process.terminate();
      }),
    ),
  );
}

async function submit({ jobd }: SharingDaemon, file: string): Promise<number> {
  const { stdoutText, stderrText } = await jobd('submit', file);
  expect(stderrText).toBe('');
  return Number(/\d+/.exec(stdoutText)?.[0]);
}

async function statusOf({ jobd }: SharingDaemon, run: number): Promise<string[]> {
  const { stdoutText } = await jobd('list', String(run), '--json');
  const jobs = JSON.parse(stdoutText) as { job: string; status: string }[];
  return jobs.map(({ job, status }) => `${job.split('/')[1]} ${status}`);
}

async function untilStatus(daemon: SharingDaemon, run: number, wanted: string): Promise<void> {
  while (!(await statusOf(daemon, run)).includes(wanted));
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
    expect(daemons.map(({ taken }) => taken().length).sort()).toEqual([0, 1]);
    await openNursery((nursery) => {
      for (const { jobd } of daemons) {
        nursery.startSoon(async () => {
          const tail = await jobd('tail', `${run}/talk`);
          expect([tail.exitCode, tail.stdoutText]).toEqual([0, '1\n2\n3\n4\n5\nend\n']);
        });
      }
      writeFileSync(join(folder, 'go'), '');
    });
    // The one that does not run it.
    const other = daemons.find(({ taken }) => taken().length === 0)!;
    expect((await other.jobd('cancel', `${run}/long`)).stderrText).toBe('');
    await untilStatus(daemons[0]!, run, 'long cancelled');
    expect((await statusOf(daemons[0]!, run)).sort()).toEqual(['long cancelled', 'talk succeeded']);
    const second = await submit(daemons[1]!, file);
    await untilStatus(daemons[0]!, second, 'long running');
    const idle = daemons.find(({ taken }) => !taken().includes(second))!;
    expect((await idle.jobd('cancel', String(second))).stderrText).toBe('');
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
    first!.process.terminate();
    await until(() => lines().length === 2);
    writeFileSync(join(folder, 'go'), '');
    await untilStatus(second!, run, 'work succeeded');
    expect(lines()).toEqual(['begin', 'begin', 'end']);
    expect(second!.taken()).toEqual([run]);
  }),
);
