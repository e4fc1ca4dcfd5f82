// Attacks on jobd's life: signals, other daemons at the same place, sudden deaths.
import { setTimeout as sleep } from 'node:timers/promises';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@tercet/core/lowlevel';
import { Daemon } from '../daemon.mjs';
import { marked } from '../marked-processes.mjs';
import { until } from '../until.mjs';

const mark = process.env['TERCET_ATTACK'];
const jobs = () => marked(mark).filter(({ command }) => /^(sh|seq|sleep|yes)\b/.test(command));

export const attacks = {
  'flood-of-SIGHUP': {
    bound: '5,000 SIGHUP: alive, reads its configuration again, serves',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial);
      for (let n = 0; n < 5_000; n++) process.kill(daemon.pid, 'SIGHUP');
      const reloads = () => daemon.log.filter(({ msg }) => msg === 'the configuration was read again').length;
      await until(() => reloads() > 0, 20_000);
      const fine = await daemon.isFine();
      trial.equal([daemon.isAlive, fine, reloads() > 0], [true, true, true], 'alive, answers, reloads');
      return `${reloads()} reloads, alive`;
    },
  },

  'daemons-at-one-place': {
    bound:
      '3 daemons at once at the socket that a killed one has left, 5 times: exactly one starts each time, and serves',
    timeout: 400,
    async attack(trial) {
      const first = await Daemon.start(trial);
      await first.kill();
      const winners = [];
      for (let round = 0; round < 5; round++) {
        const rivals = Array.from(
          { length: 3 },
          () => new Daemon(first.folder, { listen: { unix: 'jobd.sock' }, grace: 200 }),
        );
        for (const rival of rivals) trial.atEnd(() => rival.kill());
        await until(() => rivals.every((rival) => rival.isListening || !rival.isAlive));
        const alive = rivals.filter((rival) => rival.isAlive);
        winners.push(alive.length);
        trial.hold(await first.isFine(), 'no daemon answers');
        for (const rival of alive) await rival.kill();
      }
      trial.equal(winners, Array(5).fill(1), 'daemons that have started');
      return `${winners.join(', ')} started`;
    },
  },

  'R-14-sudden-deaths': {
    bound:
      'killed 15 times with jobs and clients: starts again each time, no run number twice, no line cut in the log of a program that writes line by line, no scratch folder, token or hidden socket file left',
    timeout: 500,
    async attack(trial) {
      const random = seededRandom(8);
      const config = { listen: { unix: 'jobd.sock', tcp: { port: 0 } }, grace: 200, keepRuns: 1_000 };
      const runs = [];
      let slowest = 0;
      for (let n = 0; n < 15; n++) {
        const begun = performance.now();
        const daemon = await Daemon.start(trial, config);
        slowest = Math.max(slowest, performance.now() - begun);
        for (let run = 0; run < 2; run++) {
          runs.push(
            await daemon.submit({
              a: { run: 'seq 20000' },
              b: { run: 'for n in $(seq 2000); do echo line $n || exit; done; sleep 47' },
            }),
          );
        }
        await sleep(random() * 100);
        await daemon.kill();
      }
      // Jobs that it could not end any more are left to themselves, as documented.
      const orphans = jobs().length;
      endMarkedJobs();
      const last = await Daemon.start(trial, config);
      const { a } = await last.runJobs({ a: { run: 'echo fine' } });
      const folder = last.folder;
      const cut = readdirSync(join(folder, 'logs'), { recursive: true })
        .filter((name) => name.endsWith('b.log'))
        .map((name) => readFileSync(join(folder, 'logs', name), 'utf8'))
        .filter((text) => text !== '' && !text.endsWith('\n'));
      const scratch = readdirSync(join(folder, 'tmp')).filter((name) => name.startsWith('jobd-'));
      const tokens = readdirSync(join(folder, '.jobd/tokens')).length;
      const hidden = readdirSync(folder).filter((name) => /^\.(?!jobd$)/.test(name));
      trial.equal([a.status, new Set(runs).size], ['succeeded', runs.length], 'job afterwards, different numbers');
      trial.equal(
        [cut.length, scratch, tokens, hidden],
        [0, [], 1, []],
        'cut logs, scratch folders, tokens, hidden files',
      );
      return `15 of 15 starts, the slowest in ${(slowest / 1_000).toFixed(1)} s, ${runs.length} runs, ${cut.length} cut logs, ${scratch.length} scratch folders; ${orphans} jobs went on (documented)`;
    },
  },

  'nobody-reads-its-log': {
    bound: 'when the reader of its standard output has gone, the daemon goes on and serves',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial, { logLevel: 'debug' });
      daemon.child.stdout.destroy();
      const statuses = [];
      for (let n = 0; n < 5; n++) statuses.push((await daemon.runJobs({ a: { run: 'echo fine' } })).a.status);
      trial.equal([daemon.isAlive, statuses], [true, Array(5).fill('succeeded')], 'alive, jobs');
      return `alive, ${statuses.length} jobs succeeded`;
    },
  },

  'jobs-that-leave': {
    bound:
      'a job that ignores SIGTERM ends with all its group at the end of the daemon; only one that has left the group (`setsid`) goes on, as documented',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial);
      const ready = join(daemon.folder, 'ready');
      await daemon.submit({
        a: { run: `trap "" TERM; sleep 47 & setsid sleep 48 & touch ${ready}; while :; do sleep 0.05; done` },
      });
      await until(() => existsSync(ready) && jobs().some(({ command }) => command === 'sleep 48'));
      const code = await daemon.stop();
      const left = jobs().map(({ command }) => command);
      trial.equal([code, left], [0, ['sleep 48']], 'exit code, processes left');
      endMarkedJobs();
      return `exit code ${code}, left: ${left.join(', ')}`;
    },
  },
};

function endMarkedJobs() {
  for (const { pid } of jobs()) process.kill(pid, 'SIGKILL');
}
