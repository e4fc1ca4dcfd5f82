// npm run soak:core [-- seconds [seed]]: random programs over core and sync, on the real clock, with faults put in at every place
// where foreign code comes in. After each round nothing may be held, waited for or listened to, and no item be lost; after all of
// them the heap may not have grown. Runs on any Node: it uses the built packages as they are published.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as core from '@tercet/core';
import { currentRunToken, seededRandom } from '@tercet/core/lowlevel';
import * as sync from '@tercet/sync';
import { growth } from './heap-growth.mjs';
import { watchRound } from './watch-round.mjs';

const { abandonable, abortable, all, any, CancelScope, checkpoint, failAfter, isCancelled, mapConcurrent } = core;
const { moveOnAfter, once, openNursery, openPortal, race, retry, run, shielded, sleep, sleepForever } = core;
const { after, untilShutdown } = core;

const seconds = Number(process.argv[2] ?? 60);
const firstSeed = Number(process.argv[3] ?? 1);
const TASKS = 24;
const STEPS = 30;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

class Injected extends Error {}

/** Lives as long as the process, as a server's emitter and a shutdown signal do. */
const emitter = new EventEmitter();
emitter.setMaxListeners(0);
const lasting = new AbortController();
let listening = 0;
for (const [method, by] of [
  ['addEventListener', 1],
  ['removeEventListener', -1],
]) {
  const original = lasting.signal[method];
  lasting.signal[method] = function (...listener) {
    listening += by;
    return Reflect.apply(original, this, listener);
  };
}

/** Thenables as other libraries make them, and as none should. */
function thenable(random) {
  switch (Math.floor(random() * 8)) {
    case 0:
      return { then: (resolve) => resolve(1) };
    case 1:
      return { then: (resolve, reject) => (resolve(1), reject(new Injected()), resolve(2)) };
    case 2:
      return {
        then() {
          throw new Injected('then throws');
        },
      };
    case 3:
      return {
        get then() {
          throw new Injected('getter throws');
        },
      };
    case 4:
      return { then: (_resolve, reject) => setImmediate(() => reject(new Injected('late'))) };
    case 5:
      return { then: (resolve) => setTimeout(() => resolve(Promise.resolve(3)), 1) };
    case 6:
      return Promise.reject(new Injected('rejected'));
    default:
      return new Promise((resolve) => setImmediate(resolve, 4));
  }
}

async function round(seed, rememberRun) {
  const random = seededRandom(seed);
  const below = (limit) => Math.floor(random() * limit);
  const pick = (list) => list[below(list.length)];

  const lock = new sync.Lock();
  const fair = new sync.StrictFIFOLock();
  const semaphore = new sync.Semaphore(2, { maxValue: 2 });
  const limiter = new sync.CapacityLimiter(3);
  const condition = new sync.Condition();
  const event = new sync.Event();
  const value = new sync.AsyncValue(0);
  const rate = new sync.RateLimiter({ tokens: 2000, per: { seconds: 1 } });
  let opened = 0;
  const pool = new sync.Pool({
    open: () => {
      if (random() < 0.2) throw new Injected('open');
      opened++;
      return {};
    },
    close: () => {
      opened--;
      if (random() < 0.1) throw new Injected('close');
    },
    max: 2,
  });
  const channels = [0, 1, 5, Infinity].map((size) => sync.openMemoryChannel(size));
  const sent = new Set();
  const received = new Set();
  const uncertain = new Set();
  let nextItem = 0;
  let ownToken;
  const scopes = [];

  const take = (item) => {
    assert(!received.has(item), `seed ${seed}: item ${item} came twice`);
    received.add(item);
  };

  async function send(channel) {
    const item = nextItem++;
    uncertain.add(item);
    await channel.send(item);
    uncertain.delete(item);
    sent.add(item);
  }

  const operations = [
    () => sleep(below(3)),
    () => checkpoint(),
    () => lock.run(() => sleep(below(2))),
    () => fair.run(() => checkpoint()),
    () => semaphore.run(() => sleep(below(2))),
    () => limiter.run(() => sleep(below(2))),
    () => condition.run(() => moveOnAfter(below(3), () => condition.wait())),
    () => condition.run(() => condition.notifyAll()),
    () => (event.set(), event.wait()),
    () => moveOnAfter(1, () => value.waitFor((v) => v > below(50))),
    () => value.set(below(60)),
    () => rate.acquire(),
    () => pool.use(() => (random() < 0.2 ? Promise.reject(new Injected('use')) : sleep(below(2)))),
    () => moveOnAfter(2, () => send(pick(channels)[0])),
    () => send(channels[3][0]),
    () => moveOnAfter(2, async () => take(await pick(channels)[1].receive())),
    async () => {
      const [a, b] = [pick(channels)[1], pick(channels)[1]];
      const { key, value: item } = await sync.select({
        a: a.receiving(),
        b: b.receiving(),
        lock: lock.acquiring(),
        time: after(below(3)),
      });
      if (key === 'lock') item[Symbol.dispose]();
      else if (key !== 'time') take(item);
    },
    () => abortable(() => thenable(random)),
    () => moveOnAfter(1, () => abandonable(new Promise(() => undefined))),
    () => thenable(random),
    () => race([() => sleep(1), () => thenable(random), () => sleep(2)]),
    () => any([() => sleep(1), () => thenable(random)]),
    () => all([() => sleep(1), () => checkpoint()]),
    () => mapConcurrent([1, 2, 3], () => thenable(random), { concurrency: 2 }),
    () => retry(() => thenable(random), { delay: 1 }),
    () => moveOnAfter(1, () => once(emitter, 'event')),
    () => moveOnAfter(1, () => abortable((signal) => once(signal, 'abort'))),
    () => failAfter(1, () => sleep(below(3))),
    () => pick(scopes)?.cancel('soak'),
    () => pick(scopes)?.shutdown({ grace: below(3) }),
    () => untilShutdown(() => sleep(below(3))),
    () => new CancelScope({ signal: lasting.signal }).run(() => sleep(below(2))),
    () => shielded(() => sleep(1)),
    () => void ownToken?.runSoon(() => event.set()),
    () =>
      openPortal(async (portal) => {
        setImmediate(() => void portal.call(() => thenable(random)).catch(() => undefined));
        setImmediate(() => void portal.call(() => sleep(5), { timeout: 1 }).catch(() => undefined));
        await sleep(below(4));
      }),
    () =>
      openNursery(async (nursery) => {
        nursery.startSoon(() => sleep(below(3)));
        nursery.startService(() => sleep(10));
        if (random() < 0.3) nursery.startSoon(() => thenable(random));
        await nursery.start(async (status) => {
          await sleep(1);
          status.started();
          await sleep(1);
        });
      }),
    () =>
      run(() => undefined).then(
        () => assert.fail('a run began inside a run'),
        () => undefined,
      ),
  ];

  let unexpected;
  function fail(error) {
    if (!isExpected(error)) unexpected ??= error;
  }

  async function work() {
    for (let step = 0; step < STEPS; step++) {
      const scope = new CancelScope(random() < 0.3 ? { relativeDeadline: below(6) } : {});
      scopes.push(scope);
      try {
        await scope.run(() => pick(operations)());
      } catch (error) {
        if (isCancelled(error)) throw error;
        fail(error);
      }
    }
  }

  const controller = new AbortController();
  if (random() < 0.2) setTimeout(() => controller.abort(new Injected('the run')), below(10));
  const hook = () => {
    if (random() < 0.001) throw new Injected('instrument');
  };
  const ticking = setInterval(() => emitter.emit('event', 1), 1);
  try {
    await run(
      async () => {
        rememberRun();
        ownToken = currentRunToken();
        try {
          await openNursery((nursery) => {
            nursery.startService(() => new CancelScope({ signal: lasting.signal }).run(() => sleepForever()));
            for (let n = 0; n < TASKS; n++) nursery.startSoon(work);
          });
          // The items that are left in the channels have to come out.
          for (const [sender, receiver] of channels) {
            sender.close();
            for await (const item of receiver) take(item);
          }
        } finally {
          await pool.close();
        }
      },
      {
        signal: controller.signal,
        instruments: random() < 0.3 ? [{ taskSpawned: hook, taskScheduled: hook, taskExited: hook }] : [],
      },
    );
    for (const item of sent) assert(received.has(item), `seed ${seed}: item ${item} was lost`);
  } catch (error) {
    fail(error);
  } finally {
    clearInterval(ticking);
  }
  if (unexpected !== undefined) throw new Error(`seed ${seed}`, { cause: unexpected });
  for (const item of received)
    assert(sent.has(item) || uncertain.has(item), `seed ${seed}: item ${item} was never sent`);

  const held = {
    lock: lock.locked,
    fair: fair.locked,
    semaphore: 2 - semaphore.value,
    limiter: limiter.statistics().borrowedTokens,
    condition: condition.locked,
    waiting: [lock, fair, semaphore, limiter, condition, event, rate, pool].map((o) => o.statistics().tasksWaiting),
    channels: channels.map(([sender]) => {
      const { tasksWaitingSend, tasksWaitingReceive } = sender.statistics();
      return tasksWaitingSend + tasksWaitingReceive;
    }),
    emitter: emitter.listenerCount('event') + emitter.listenerCount('error'),
    signal: listening,
  };
  const nothing = JSON.stringify(held, (_key, item) => (typeof item === 'boolean' ? Number(item) : item));
  assert(!/[1-9]/.test(nothing), `seed ${seed}: left behind ${nothing}`);
  const { inUse } = pool.statistics();
  assert.equal(inUse + opened, 0, `seed ${seed}: ${inUse} resources of the pool in use, ${opened} open`);
}

/** Errors that were put in, and those by which the library reports what the program does. */
function isExpected(error) {
  if (error instanceof Injected || isCancelled(error)) return true;
  if (error?.errors !== undefined) return error.errors.every(isExpected);
  if (error?.cause instanceof Injected) return true;
  return (
    error instanceof core.TooSlowError ||
    error instanceof core.EndOfChannel ||
    error instanceof core.ClosedResourceError ||
    error instanceof core.BrokenResourceError ||
    error instanceof core.RunFinishedError ||
    (error instanceof core.InternalError && error.cause !== undefined && isExpected(error.cause))
  );
}

process.on('warning', ({ name, message }) => {
  // Instruments that throw are switched off with a warning; all others are about misuse, and there is none here.
  if (!/instrument/i.test(name + message)) console.log(`warning ${name}: ${message}`);
});

const began = Date.now();
const heap = [];
let rounds = 0;
let nextLook = began;
while (Date.now() - began < seconds * 1000) {
  const seed = firstSeed + rounds++;
  await watchRound(`seed ${seed}`, (rememberRun) => round(seed, rememberRun));
  if (Date.now() < nextLook) continue;
  nextLook = Date.now() + (seconds * 1000) / 30;
  await new Promise((resolve) => setTimeout(resolve, 20));
  collectGarbage();
  heap.push(Math.round(process.memoryUsage().heapUsed / 1024));
}
const resources = process.getActiveResourcesInfo().filter((name) => !/TTY|Pipe|FSReq/.test(name));
console.log(
  `Node ${process.versions.node}: ${rounds} rounds of ${TASKS} tasks × ${STEPS} steps from seed ${firstSeed}`,
);
console.log(`heap in KiB: ${heap.join(', ')}; resources at the end: ${resources.join(', ') || 'none'}`);
assert.equal(growth(heap, 512, seconds), undefined);
