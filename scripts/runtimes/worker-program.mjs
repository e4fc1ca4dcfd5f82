// The promises of core, context and sync, as checks that every runtime with `node:async_hooks` can execute: for runtimes in
// which no test runner works. The default export answers a request with the checks that have failed, as JSON; workerd calls it.
import { ContextVar } from '@tercet/context';
import * as core from '@tercet/core';
import { currentTask, inRun } from '@tercet/core/lowlevel';
import * as sync from '@tercet/sync';

const { all, any, CancelScope, checkpoint, ExceptionGroup, failAfter, isCancelled, moveOnAfter, openNursery } = core;
const { openPortal, race, retry, run, shielded, sleep, sleepForever, TooSlowError, untilShutdown } = core;

function equal(actual, expected) {
  const [is, ought] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== ought) throw new Error(`${is} is not ${ought}`);
}

async function thrownBy(fn) {
  try {
    await fn();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const checks = {
  core: {
    'a run returns what main returns': async () => equal(await run(() => 'value'), 'value'),
    'a nursery waits for its tasks': () =>
      run(async () => {
        const seen = [];
        await openNursery((nursery) => {
          for (const delay of [2, 1]) nursery.startSoon(async () => (await sleep(delay * 20), seen.push(delay)));
        });
        equal(seen, [1, 2]);
      }),
    'a failure cancels the others, and comes out in a group': () =>
      run(async () => {
        let cancelled = false;
        const error = await thrownBy(() =>
          openNursery((nursery) => {
            nursery.startSoon(async () => {
              try {
                await sleepForever();
              } catch (reason) {
                cancelled = isCancelled(reason);
                throw reason;
              }
            });
            nursery.startSoon(async () => {
              await checkpoint();
              throw new RangeError('mine');
            });
          }),
        );
        equal([error instanceof ExceptionGroup, error.errors[0].message, cancelled], [true, 'mine', true]);
      }),
    'deadlines: moveOnAfter, failAfter and shields': () =>
      run(async () => {
        equal((await moveOnAfter(5, sleepForever)) === undefined, true);
        equal((await thrownBy(() => failAfter(5, sleepForever))) instanceof TooSlowError, true);
        equal(await moveOnAfter(1, () => shielded(async () => (await sleep(5), 'kept'))), 'kept');
      }),
    'race, any, all and retry': () =>
      run(async () => {
        equal(await race([() => sleepForever(), async () => 'fast']), 'fast');
        equal(await any([() => Promise.reject(new Error('first')), async () => 'second']), 'second');
        equal(await all([async () => 1, async () => 2]), [1, 2]);
        equal(await retry((attempt) => (attempt < 3 ? Promise.reject(new Error('again')) : attempt), { delay: 1 }), 3);
      }),
    'a cancelled scope absorbs its own cancellation only': () =>
      run(async () => {
        const outer = new CancelScope();
        const inner = new CancelScope();
        await outer.run(() =>
          inner.run(() => {
            outer.cancel();
            return checkpoint();
          }),
        );
        equal([outer.cancelledCaught, inner.cancelledCaught], [true, false]);
      }),
    'a task keeps its frame over promises and timers of the platform': () =>
      run(async () => {
        const task = currentTask();
        await new Promise((resolve) => setTimeout(resolve, 1));
        equal([currentTask() === task, inRun()], [true, true]);
      }).then(() => equal(inRun(), false)),
    'a portal takes calls from outside, and a shutdown ends it softly': () =>
      run(async () => {
        const value = await openPortal((portal) => portal.call(async () => (await sleep(1), 'called')));
        equal(value, 'called');
        const scope = new CancelScope();
        await scope.run(async () => {
          setTimeout(() => scope.shutdown({ grace: 1000 }), 1);
          await untilShutdown(sleepForever);
          equal(scope.cancelCalled, false);
        });
      }),
    'a function that throws while its task is started fails the run': async () => {
      const error = await thrownBy(() =>
        run(() =>
          openNursery((nursery) => {
            nursery.startSoon(() => {
              throw new RangeError('at once');
            });
          }),
        ),
      );
      equal(error.errors[0].message, 'at once');
    },
    'a hundred thousand checkpoints let timers through': () =>
      run(async () => {
        let fired = false;
        setTimeout(() => (fired = true), 1);
        for (let count = 0; count < 100_000 || !fired; count++) await checkpoint();
      }),
  },
  context: {
    'a value is inherited by tasks, and set for one alone': () =>
      run(async () => {
        const variable = new ContextVar('variable', { default: 0 });
        variable.set(1);
        const seen = [];
        await openNursery((nursery) => {
          for (const value of [2, 3]) {
            nursery.startSoon(async () => {
              seen.push(variable.get());
              variable.set(value);
              await sleep(1);
              seen.push(variable.get());
            });
          }
        });
        equal([seen, variable.get()], [[1, 1, 2, 3], 1]);
      }),
  },
  sync: {
    'a channel hands items over in order': () =>
      run(async () => {
        for (const size of [0, 1, Infinity]) {
          const [sender, receiver] = sync.openMemoryChannel(size);
          const received = [];
          await openNursery((nursery) => {
            nursery.startSoon(async () => {
              for (let item = 0; item < 5; item++) await sender.send(item);
              sender.close();
            });
            nursery.startSoon(async () => {
              for await (const item of receiver) received.push(item);
            });
          });
          equal(received, [0, 1, 2, 3, 4]);
        }
      }),
    'locks, semaphores, limiters and events': () =>
      run(async () => {
        const lock = new sync.Lock();
        const limiter = new sync.CapacityLimiter(2);
        const event = new sync.Event();
        let [inside, most] = [0, 0];
        await openNursery((nursery) => {
          for (let task = 0; task < 4; task++) {
            nursery.startSoon(() =>
              limiter.run(async () => {
                most = Math.max(most, ++inside);
                await lock.run(() => sleep(1));
                inside--;
                event.set();
              }),
            );
          }
        });
        await event.wait();
        equal([most, lock.locked, limiter.borrowedTokens], [2, false, 0]);
      }),
    'select takes the case that is ready first': () =>
      run(async () => {
        const [sender, receiver] = sync.openMemoryChannel(1);
        sender.sendNowait('item');
        const { key, value } = await sync.select({ items: receiver.receiving(), late: core.after(1000) });
        equal([key, value], ['items', 'item']);
      }),
  },
};

async function execute() {
  const results = {};
  for (const [name, group] of Object.entries(checks)) {
    results[name] = { total: Object.keys(group).length, failures: [] };
    for (const [title, check] of Object.entries(group)) {
      try {
        await Promise.race([
          check(),
          new Promise((_resolve, reject) => setTimeout(() => reject(new Error('it hangs')), 20_000)),
        ]);
      } catch (error) {
        results[name].failures.push(`${title}: ${error?.stack ?? error}`);
      }
    }
  }
  return results;
}

export default {
  async fetch() {
    return new Response(JSON.stringify(await execute()));
  },
};
