// Attacks on core and sync: great numbers, after which nothing may be left in memory.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { abandonable, abortable, checkpoint, moveOnAfter, openNursery, run, sleepForever } from '@tercet/core';
import { openMemoryChannel } from '@tercet/sync';
import { heapInUse, inMiB, resident } from '../../process-figures.mjs';

/** The most that steps which leave nothing may add to the heap: MiB. */
const LEFT = 2;

/** Repeats a step a number of times, and looks at the heap after a tenth of them and at the end. */
async function repeated(trial, count, step) {
  const tenth = count / 10;
  for (let n = 0; n < tenth; n++) await step(n);
  const before = await heapInUse();
  for (let n = tenth; n < count; n++) await step(n);
  const after = await heapInUse();
  trial.atMost(after - before, LEFT, 'MiB of heap more at the end');
  return `heap ${before.toFixed(1)} → ${inMiB(after)}, memory ${resident().toFixed(0)} MiB`;
}

const noop = async () => undefined;

export const attacks = {
  'random-programs': {
    bound:
      'twenty seconds of random programs with faults: nothing held, no item lost, the heap does not grow (`npm run soak:core`)',
    timeout: 300,
    async attack() {
      const soak = fileURLToPath(new URL('../../soak/core.mjs', import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, [soak, '20']);
      return stdout
        .trim()
        .split('\n')
        .slice(0, 1)
        .join(' ')
        .replace(/^Node [^:]*: /, '');
    },
  },

  'a-million-tasks': {
    bound: `1,000,000 tasks of one nursery leave at most ${LEFT} MiB`,
    timeout: 300,
    attack: (trial) =>
      run(() =>
        openNursery((nursery) =>
          repeated(trial, 1_000_000, async (n) => {
            nursery.startSoon(noop);
            if (n % 1_000 === 0) await checkpoint();
          }),
        ),
      ),
  },

  'a-million-deadlines': {
    bound: `1,000,000 scopes with a deadline in an hour leave at most ${LEFT} MiB`,
    timeout: 300,
    attack: (trial) => run(() => repeated(trial, 1_000_000, () => moveOnAfter(3_600_000, noop))),
  },

  'a-million-parallel-scopes': {
    bound: `1,000,000 scopes in 100 tasks at a time leave at most ${LEFT} MiB`,
    timeout: 300,
    attack: (trial) =>
      run(() =>
        repeated(trial, 10_000, () =>
          openNursery((nursery) => {
            for (let n = 0; n < 100; n++) nursery.startSoon(() => moveOnAfter(3_600_000, checkpoint));
          }),
        ),
      ),
  },

  'a-million-clones': {
    bound: `1,000,000 clones of both ends of a channel leave at most ${LEFT} MiB and no open end`,
    timeout: 300,
    attack: (trial) =>
      run(async () => {
        const [send, receive] = openMemoryChannel(1);
        const figure = await repeated(trial, 1_000_000, async (n) => {
          send.clone().close();
          receive.clone().close();
          if (n % 1_000 === 0) await checkpoint();
        });
        const { openSendChannels, openReceiveChannels } = send.statistics();
        trial.equal([openSendChannels, openReceiveChannels], [1, 1], 'open ends');
        return figure;
      }),
  },

  'abortables-in-one-scope': {
    bound: `100,000 \`abortable\` in one scope leave at most ${LEFT} MiB`,
    timeout: 300,
    attack: (trial) => run(() => repeated(trial, 100_000, () => abortable(async () => undefined))),
  },

  'scopes-on-one-signal': {
    bound: `100,000 scopes with one signal leave no listener, no warning, and at most ${LEFT} MiB`,
    timeout: 300,
    attack: (trial) =>
      run(async () => {
        const { signal } = new AbortController();
        const listeners = countListeners(signal);
        const warnings = countWarnings();
        const figure = await repeated(trial, 100_000, () =>
          openNursery((nursery) => void nursery.startSoon(checkpoint), { signal }),
        );
        // Now 1,000 at the same time.
        await openNursery(async (all) => {
          for (let n = 0; n < 1_000; n++) all.startSoon(() => openNursery(() => sleepForever(), { signal }));
          for (let n = 0; n < 10; n++) await checkpoint();
          all.cancelScope.cancel();
        });
        trial.equal([listeners(), warnings()], [0, 0], 'listeners and warnings');
        return `${figure}, ${listeners()} listeners, ${warnings()} warnings`;
      }),
  },

  'many-AbortSignal.any': {
    bound: `100,000 \`AbortSignal.any\` of a task's signal leave at most ${LEFT} MiB more than without Tercet, and no warning`,
    timeout: 300,
    attack: (trial) =>
      run(async () => {
        const warnings = countWarnings();
        const own = new AbortController();
        const many = async (signal) => {
          const before = await heapInUse();
          for (let n = 0; n < 100_000; n++) {
            AbortSignal.any([signal, own.signal]);
            // Node forgets them in turns of the event loop.
            if (n % 1_000 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
          }
          return (await heapInUse()) - before;
        };
        const bare = await abandonable(many(new AbortController().signal));
        const more = await abortable(many);
        trial.atMost(more - bare, LEFT, 'MiB of heap more');
        trial.equal(warnings(), 0, 'warnings');
        return `heap +${inMiB(more)}, without Tercet +${inMiB(bare)}, ${warnings()} warnings`;
      }),
  },
};

function countListeners(signal) {
  let count = 0;
  for (const [method, by] of [
    ['addEventListener', 1],
    ['removeEventListener', -1],
  ]) {
    const original = signal[method];
    signal[method] = function (...listener) {
      count += by;
      return Reflect.apply(original, this, listener);
    };
  }
  return () => count;
}

function countWarnings() {
  let count = 0;
  process.on('warning', () => count++);
  return () => count;
}
