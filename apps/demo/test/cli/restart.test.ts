import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openNursery, sleep } from '@tercet/core';
import type { CompletedProcess, Process } from '@tercet/proc';
import { RawClient, until } from './daemon-process.ts';
import { callJobd, programTest, writeJobFile } from './jobd-process.ts';

const rounds = 10;

it(
  'R-14: a daemon that is killed at any moment starts again at the same place, and all that it has written can be read',
  programTest(async (folder) => {
    const random = randomFrom(7);
    const config = join(folder, 'jobd.json');
    const socket = join(folder, 'jobd.sock');
    const log = join(folder, 'daemon.log');
    writeFileSync(
      config,
      JSON.stringify({ listen: { unix: 'jobd.sock', tcp: { port: 0 } }, grace: 200, concurrency: 8 }),
    );
    // They write without a pause, and end when their output is no longer read.
    const chatter = { run: 'for n in $(seq 2000); do echo "line $n of $JOBD_JOB" || exit; done', retry: 3 };
    const jobs = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`job-${n}`, chatter]));
    const submit = { jobd: 1, id: 's', op: 'submit', path: join(folder, 'jobs.json'), text: JSON.stringify({ jobs }) };
    const runs: number[] = [];
    const temporary = join(folder, 'tmp');
    mkdirSync(join(temporary, 'jobd-of-somebody-else'), { recursive: true });
    const env = { ...process.env, HOME: folder, TMPDIR: temporary };

    const round = async (nursery: Parameters<Parameters<typeof openNursery>[0]>[0], n: number): Promise<void> => {
      const options = { captureStdout: false, stdout: { file: log, append: true }, env } as const;
      const daemon = await nursery.start<Process>((taskStatus) =>
        callJobd(['serve', config], { ...options, taskStatus }),
      );
      // Every third one dies while it starts, the others with clients and jobs.
      if (n % 3 === 2) await sleep(random() * 300);
      else runs.push(await submitWhenThere(socket, `${JSON.stringify(submit)}\n`, n % 3 === 0 ? 0 : random() * 100));
      daemon.kill();
      await daemon.wait();
    };
    for (let n = 0; n < rounds; n++) await openNursery((nursery) => round(nursery, n));

    // The last one is left to itself.
    let end: CompletedProcess | undefined;
    await openNursery(async (nursery) => {
      const daemon = await nursery.start<Process>(async (taskStatus) => {
        end = await callJobd(['serve', config], {
          captureStdout: false,
          stdout: { file: log, append: true },
          env,
          taskStatus,
        });
      });
      const file = writeJobFile(folder, { jobs: { a: { run: 'echo fine' } } });
      runs.push(
        await submitWhenThere(socket, `${JSON.stringify({ ...submit, text: readFileSync(file, 'utf8') })}\n`, 0),
      );
      const tail = await callJobd(['tail', '--address', socket, `${runs.at(-1)}/a`]);
      expect([tail.exitCode, tail.stdoutText]).toEqual([0, 'fine\n']);
      daemon.terminate();
    });
    expect([end?.exitCode, end?.stderrText]).toEqual([0, '']);

    // The scratch folders of the killed daemons are gone, and nothing else.
    expect(readdirSync(temporary).filter((name) => name.startsWith('jobd-'))).toEqual(['jobd-of-somebody-else']);
    expect(readdirSync(join(folder, '.jobd/tokens'))).toEqual([]);
    // No run has got the number of an earlier one, and so written into its logs.
    expect(runs).toEqual([...runs].sort((a, b) => a - b));
    expect(new Set(runs).size).toBe(runs.length);
    for (const line of linesOf(log)) expect(() => JSON.parse(line) as unknown).not.toThrow();
    for (const run of runs.slice(0, -1)) {
      for (const name of readdirSync(join(folder, 'logs', String(run)))) {
        const lines = linesOf(join(folder, 'logs', String(run), name));
        expect(lines.filter((line) => !/^(line \d+ of job-\d|--- .*)$/.test(line))).toEqual([]);
      }
    }
    expect(readdirSync(folder).sort()).toEqual(['.jobd', 'daemon.log', 'jobd.json', 'jobs.json', 'logs', 'tmp']);
  }),
);

/** @returns the number of the run. @param after how long to look on when the answer has come: milliseconds. */
async function submitWhenThere(socket: string, request: string, after: number): Promise<number> {
  for (;;) {
    if (!existsSync(socket)) await sleep(5);
    using client = new RawClient(socket, request);
    await until(() => client.ended || client.answers().length > 0);
    const run = (client.answers()[0]?.['result'] as { run: number } | undefined)?.run;
    if (run === undefined) continue;
    await sleep(after);
    return run;
  }
}

/** The complete lines. The daemon may have died while it was writing the last one. */
function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

/** Numbers from 0 to 1, always the same ones (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
