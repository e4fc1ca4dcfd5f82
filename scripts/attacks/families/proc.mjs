// Attacks on proc: many processes that are cancelled, that do not want to end, that write without an end; floods of signals.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { moveOnAfter, openNursery, run, sleep } from '@tercet/core';
import { seededRandom } from '@tercet/core/lowlevel';
import { openSignalReceiver, runPipeline, runProcess } from '@tercet/proc';
import { children, descriptors, inMiB, isRunning, mostResident, resident } from '../../process-figures.mjs';
import { marked } from '../marked-processes.mjs';
import { until } from '../until.mjs';

/** The processes of this attack except for the attack itself. */
const others = () => marked(process.env['TERCET_ATTACK']).filter(({ pid }) => pid !== process.pid);

export const attacks = {
  'cancelled-processes': {
    bound: '2,000 processes, most of them cancelled at random: no zombie, one descriptor more at most, no error',
    timeout: 300,
    async attack(trial) {
      const random = seededRandom(2);
      const before = descriptors();
      const errors = [];
      let cancelled = 0;
      await run(() =>
        openNursery((nursery) => {
          for (let task = 0; task < 20; task++) {
            nursery.startSoon(async () => {
              for (let n = 0; n < 100; n++) {
                try {
                  const command = random() < 0.5 ? ['sleep', ['100']] : ['cat', ['/proc/self/maps']];
                  const options = { captureStdout: true, killTree: random() < 0.5 };
                  const done = await moveOnAfter(random() * 60, () => runProcess(...command, options));
                  if (done === undefined) cancelled++;
                  // Every sleep has to be cancelled.
                } catch (error) {
                  errors.push(String(error));
                }
              }
            });
          }
        }),
      );
      await until(() => descriptors() <= before + 1, 5_000);
      trial.equal(children().length, 0, 'children, alive or dead');
      trial.atMost(descriptors(), before + 1, 'descriptors');
      trial.equal(errors.slice(0, 3), [], 'errors');
      trial.hold(cancelled >= 900, `only ${cancelled} were cancelled`);
      return `${cancelled} cancelled, ${children().length} zombies, descriptors ${before} → ${descriptors()}, ${errors.length} errors`;
    },
  },

  'cancelled-trees': {
    bound: '800 shells with a child, cancelled with `killTree` within 60 ms: no process is left at once',
    timeout: 300,
    async attack(trial) {
      const random = seededRandom(3);
      let left = 0;
      await run(async () => {
        for (let round = 0; round < 40; round++) {
          await openNursery((nursery) => {
            for (let n = 0; n < 20; n++) {
              const time = random() * 60;
              nursery.startSoon(() =>
                moveOnAfter(time, () => runProcess('sh', ['-c', 'sleep 47 & sleep 47'], { killTree: true })),
              );
            }
          });
          left += others().length;
        }
      });
      trial.equal(left, 0, 'processes left');
      return `${left} left`;
    },
  },

  'deaf-to-SIGTERM': {
    bound: 'a process that ignores SIGTERM has ended after its grace of 1 s, and of 5 s without one, and not before',
    timeout: 300,
    async attack(trial) {
      const times = await run(async () => {
        const found = [];
        for (const options of [{ gracePeriod: 1_000 }, {}]) {
          const ready = join(trial.folder, `ready-${found.length}`);
          const script = `trap '' TERM; touch ${ready}; while :; do sleep 0.05; done`;
          let begun = 0;
          await openNursery(async (nursery) => {
            nursery.startSoon(() => runProcess('sh', ['-c', script], { ...options, killTree: true }));
            while (!existsSync(ready)) await sleep(10);
            begun = performance.now();
            nursery.cancelScope.cancel();
          });
          found.push((performance.now() - begun) / 1_000);
        }
        return found;
      });
      const [short, usual] = times;
      trial.hold(short >= 0.99 && usual >= 4.99, 'ended before its grace was over');
      // The time beyond that depends on the machine.
      trial.atMost(short, 11, 's with a grace of 1 s');
      trial.atMost(usual, 15, 's with a grace of 5 s');
      trial.equal(others(), [], 'processes left');
      return times.map((time) => `${time.toFixed(1)} s`).join(', ');
    },
  },

  'endless-output': {
    bound: 'a process that writes without an end is ended at `maxOutput`, and the memory grows by at most 64 MiB',
    timeout: 300,
    async attack(trial) {
      const before = resident();
      const names = [];
      await run(async () => {
        const tries = [
          () => runProcess('yes', { captureStdout: true, maxOutput: 2 ** 20 }),
          () => runProcess('sh', ['-c', 'yes >&2'], { captureStderr: true, maxOutput: 2 ** 20, killTree: true }),
          () =>
            runProcess('sh', ['-c', 'yes | tr -d "\\n"'], {
              onStdoutLine: () => undefined,
              maxLine: 2 ** 20,
              killTree: true,
            }),
          () => runPipeline([['yes'], ['cat']], { captureStdout: true, maxOutput: 2 ** 20 }),
        ];
        for (const attempt of tries) {
          try {
            await attempt();
            names.push('no error');
          } catch (error) {
            names.push(error.name);
          }
        }
      });
      const more = mostResident() - before;
      trial.equal(
        names,
        Array.from(names, () => 'OutputLimitError'),
        'errors',
      );
      trial.atMost(more, 64, 'MiB more');
      trial.equal(others(), [], 'processes left');
      return `${names.join(', ')}; memory +${inMiB(more)} at most`;
    },
  },

  'flood-of-signals': {
    bound: '10,000 SIGUSR1 from another process: alive, each gap receives one at most, the last one is not lost',
    timeout: 300,
    async attack(trial) {
      let received = 0;
      await run(async () => {
        const signals = openSignalReceiver('SIGUSR1');
        await openNursery(async (nursery) => {
          nursery.startSoon(async () => {
            for await (const _ of signals) received++;
          });
          const script = `i=0; while [ $i -lt 10000 ]; do kill -USR1 ${process.pid}; i=$((i+1)); done`;
          await runProcess('sh', ['-c', script]);
          const settled = received;
          process.kill(process.pid, 'SIGUSR1');
          await moveOnAfter(20_000, async () => {
            while (received === settled) await sleep(5);
          });
          trial.hold(received > settled, 'the last signal was lost');
          nursery.cancelScope.cancel();
        });
        signals.close();
      });
      trial.hold(received > 1 && received <= 10_001, `${received} received`);
      return `${received} received`;
    },
  },

  'children-of-the-killed': {
    bound:
      'a child that leaves its group (`setsid`) is not ended by `killTree`, as documented; the call returns all the same',
    timeout: 300,
    async attack(trial) {
      const file = join(trial.folder, 'pid');
      writeFileSync(file, '');
      const script = `setsid sh -c 'echo $$ > ${file}; exec sleep 47' & while :; do sleep 0.05; done`;
      await run(() =>
        openNursery(async (nursery) => {
          nursery.startSoon(() => runProcess('sh', ['-c', script], { killTree: true, stdout: 'ignore' }));
          while (!readFileSync(file, 'utf8').endsWith('\n')) await sleep(10);
          nursery.cancelScope.cancel();
        }),
      );
      const pid = Number(readFileSync(file, 'utf8'));
      const left = others().map((each) => each.pid);
      trial.equal(left, isRunning(pid) ? [pid] : [], 'processes left');
      if (isRunning(pid)) process.kill(pid, 'SIGKILL');
      return `${left.length} left, the one that has left the group`;
    },
  },
};
