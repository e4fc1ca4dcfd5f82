import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { ClosedResourceError, openNursery, run, sleep, sleepForever } from '@tercet/core';
import { remote } from '@tercet/parallel';
import {
  cloneCodec,
  job,
  jsonCodec,
  memoryBackend,
  openEngine,
  redisBackend,
  serveJobs,
} from '@tercet/parallel/engine';
import type { EngineBackend } from '@tercet/parallel/engine';
import { report } from '@tercet/parallel/worker';
import { testRun } from '@tercet/testing';
import { load } from '../../src/engine-redis/load-packages.ts';
import { readFailure } from '../../src/engine-redis/outcome-text.ts';
import { errorOf } from '../jobs.ts';

const { add } = remote<{ add(a: number, b: number): number }>(new URL('./jobs.mjs', import.meta.url));

describe('job', () => {
  it('P74: a job without key or acceptance is an error, at compile time and at run time', async () => {
    // @ts-expect-error neither is given
    expect(() => job(add, { name: 'add' })).toThrow(/job\(\): add has no key.*atLeastOnce: 'accepted'$/);
    // @ts-expect-error it can only be accepted
    expect(() => job(add, { name: 'add', atLeastOnce: 'refused' })).toThrow(TypeError);
    // @ts-expect-error the key gets the arguments
    expect(typeof job(add, { name: 'add', key: (text: string) => text })).toBe('function');
    // @ts-expect-error a key is a text
    expect(typeof job(add, { name: 'add', key: () => 1 })).toBe('function');
    // @ts-expect-error only a function of another module
    expect(() => job((a: number) => a, { name: 'add', atLeastOnce: 'accepted' })).toThrow(/as remote\(\) makes it/);
    await run(() =>
      openEngine({ backend: memoryBackend(), queue: 'q' }, async (engine) => {
        // @ts-expect-error not a job
        const error = await errorOf(engine.run(add, 1, 2));
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(/run\(\) of an engine takes a job: an engine may run a function more than once/);
      }),
    );
  });

  it('P74: keeps the types of the function, and is still a remote function', () => {
    const both = job(add, { name: 'sum', key: (a, b) => `${a}+${b}`, atLeastOnce: 'accepted' });
    expect([both.jobName, both.name, both.module]).toEqual(['sum', 'add', add.module]);
    expect(() => both(1, 2)).toThrow(/the job sum was called directly; pass it to run\(\) or map\(\) of an engine/);
  });

  it('P74: wrong options are clear errors', () => {
    const make = (options: object) => () => job(add, { name: 'add', atLeastOnce: 'accepted', ...options });
    expect(make({ name: '' })).toThrow(/name must be a text/);
    expect(make({ attempts: 0 })).toThrow(RangeError);
    expect(make({ attempts: 1.5 })).toThrow(TypeError);
    expect(make({ backoff: -1 })).toThrow(RangeError);
    expect(make({ delay: Infinity })).toThrow(/job\(\): delay must be finite/);
    expect(make({ key: 'a' })).toThrow(/key must be a function/);
    expect(() => job(add, undefined as never)).toThrow(/takes options with a name/);
  });

  it('P74: a key that is no text is an error of the call', () =>
    testRun(() =>
      openEngine({ backend: memoryBackend(), queue: 'q' }, async (engine) => {
        const wrong = job(add, { name: 'add', key: () => 5 as never });
        expect((await errorOf(engine.run(wrong, 1, 2))).message).toMatch(
          /the key of the job add must be a text, but .* number$/,
        );
      }),
    )());
});

describe('openEngine and serveJobs', () => {
  it('P67: wrong options are clear errors', () =>
    run(async () => {
      const backend = memoryBackend();
      const open = (options: object) => errorOf(openEngine(options as never, () => 1));
      expect((await open({ queue: 'q' })).message).toMatch(/backend must be an engine, such as redisBackend\(\)/);
      expect((await open({ backend, queue: 'a:b' })).message).toMatch(
        /must not be empty nor hold a colon, but is 'a:b'/,
      );
      expect(await open({ backend, queue: 1 })).toBeInstanceOf(TypeError);
      expect(await open({ backend, queue: 'q', maxSize: 0 })).toBeInstanceOf(RangeError);
      expect(await open({ backend, queue: 'q', codec: {} })).toBeInstanceOf(TypeError);
      const serve = (options: object) => errorOf(serveJobs({ backend, queue: 'q', ...options } as never));
      expect((await serve({ jobs: {} })).message).toMatch(/jobs is empty/);
      expect((await serve({ jobs: { add: 1 } })).message).toMatch(/the job add must be a function, not number/);
      expect((await serve({ jobs: { add } })).message).toMatch(/is a function of another module; give the executor/);
      expect(await serve({ jobs: { work: () => 1 }, concurrency: 0 })).toBeInstanceOf(RangeError);
    }));

  it('P67: wrong options of calls are clear errors', () =>
    testRun(() =>
      openEngine({ backend: memoryBackend(), queue: 'q' }, (engine) => {
        expect(() => engine.with({ onCancel: 'kill' as never })).toThrow(
          /onCancel must be 'ask' or 'wait' or 'abandon', not kill/,
        );
        expect(() => engine.with({ grace: -1 })).toThrow(RangeError);
        expect(() => engine.with({ limiter: {} as never })).toThrow(TypeError);
        expect(() => engine.with({ onProgress: 1 as never })).toThrow(TypeError);
      }),
    )());

  it('P56: after openEngine its executor is closed', () =>
    testRun(async () => {
      const engine = await openEngine({ backend: memoryBackend(), queue: 'q' }, (each) => each);
      const work = job(add, { name: 'add', atLeastOnce: 'accepted' });
      expect(await errorOf(engine.run(work, 1, 2))).toBeInstanceOf(ClosedResourceError);
      expect(await errorOf(engine.jobs())).toBeInstanceOf(ClosedResourceError);
    })());

  it('P68: a job whose workers die too often ends with BrokenWorkerError, and its attempts', () =>
    testRun(async () => {
      const backend = memoryBackend({ lock: 1000, maxLost: 2 });
      const work = job(add, { name: 'add', atLeastOnce: 'accepted' });
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          for (let times = 0; times < 3; times++) {
            nursery.startSoon(() => serveJobs({ backend, queue: 'q', jobs: { add: () => sleepForever() } }));
            await sleep(500);
            backend.loseWorkers();
            await sleep(1000);
          }
        });
        await openEngine({ backend, queue: 'q' }, async (engine) => {
          const error = await errorOf(engine.run(work, 1, 2));
          expect(error).toMatchObject({ name: 'BrokenWorkerError', reason: 'exit', attempts: 3 });
          expect(error.message).toMatch(/^3 worker programs have died while they ran the job add\//);
        });
        nursery.cancelScope.cancel();
      });
    })());

  it('P69: a result is kept for keepResult, and then the job runs again', () =>
    testRun(() =>
      openNursery(async (nursery) => {
        const backend = memoryBackend();
        const work = job(add, { name: 'add', key: (a, b) => `${a}+${b}`, keepResult: 1000 });
        let runs = 0;
        nursery.startSoon(() => serveJobs({ backend, queue: 'q', jobs: { add: () => ++runs } }));
        await openEngine({ backend, queue: 'q' }, async (engine) => {
          expect(await engine.run(work, 1, 2)).toBe(1);
          await sleep(900);
          expect(await engine.run(work, 1, 2)).toBe(1);
          await sleep(200);
          expect(await engine.run(work, 1, 2)).toBe(2);
        });
        nursery.cancelScope.cancel('the test is over');
      }),
    )());

  it.each([
    ['throws', () => fail()],
    ['rejects', () => Promise.reject(new Error('taken away'))],
  ])('P67: a job ends as usual when the report of the engine %s', (_how, refuse) =>
    testRun(() =>
      openNursery(async (nursery) => {
        const memory = memoryBackend();
        const backend: EngineBackend = {
          name: 'refusing',
          now: () => memory.now(),
          openCaller: (queue, events) => memory.openCaller(queue, events),
          openWorker: (queue, options) => {
            const runJob: typeof options.run = (delivery) => options.run({ ...delivery, report: refuse });
            return memory.openWorker(queue, { ...options, run: runJob });
          },
        };
        const jobs = {
          add: async (a: number, b: number) => {
            report('first');
            await sleep(1);
            report('second');
            return a + b;
          },
        };
        const work = job(add, { name: 'add', atLeastOnce: 'accepted' });
        nursery.startSoon(() => serveJobs({ backend, queue: 'q', jobs }));
        await openEngine({ backend, queue: 'q' }, async (engine) => {
          expect(await engine.with({ onProgress: () => undefined }).run(work, 1, 2)).toBe(3);
        });
        nursery.cancelScope.cancel('the test is over');
      }),
    )(),
  );

  it('P67: progress that cannot be stored is published as a problem, and the job goes on', () =>
    testRun(() =>
      openNursery(async (nursery) => {
        const backend = memoryBackend();
        const problems: unknown[] = [];
        const take = (problem: unknown): void => void problems.push(problem);
        subscribe('tercet:parallel:engine:problem', take);
        try {
          const jobs = {
            add: (a: number, b: number) => {
              report(new Map());
              return a + b;
            },
          };
          const work = job(add, { name: 'add', atLeastOnce: 'accepted' });
          nursery.startSoon(() => serveJobs({ backend, queue: 'q', jobs }));
          await openEngine({ backend, queue: 'q' }, async (engine) => {
            expect(await engine.with({ onProgress: () => undefined }).run(work, 1, 2)).toBe(3);
          });
        } finally {
          unsubscribe('tercet:parallel:engine:problem', take);
        }
        const message = expect.stringMatching(/add\(\): the progress is a Map/);
        expect(problems).toEqual([{ engine: 'memory', queue: 'q', error: expect.objectContaining({ message }) }]);
        nursery.cancelScope.cancel('the test is over');
      }),
    )());

  it('P67: an engine in memory belongs to one run', async () => {
    const backend = memoryBackend();
    await run(() => openEngine({ backend, queue: 'q' }, () => 1));
    const error = await errorOf(run(() => openEngine({ backend, queue: 'q' }, () => 1)));
    expect(error).toMatchObject({ name: 'StateError' });
  });
});

describe('the packages of an engine on Redis', () => {
  it('P67: a package that is not installed is an error that says what to install', async () => {
    const missing = Object.assign(new Error("Cannot find package 'bullmq'"), { code: 'ERR_MODULE_NOT_FOUND' });
    const error = await errorOf(load('bullmq', () => Promise.reject(missing)));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(
      'redisBackend() needs the package bullmq, which is not installed; run: npm install bullmq ioredis',
    );
    expect(error.cause).toBe(missing);
    const broken = new Error('broken');
    expect(await errorOf(load('bullmq', () => Promise.reject(broken)))).toBe(broken);
  });

  it('P67: wrong options are clear errors', () => {
    expect(() => redisBackend({ url: 1 as never })).toThrow(/redisBackend\(\): url must be a text, not number/);
    expect(() => redisBackend({ lock: 0 })).toThrow(RangeError);
    expect(() => redisBackend({ check: Infinity })).toThrow(/check must be at least a millisecond/);
    expect(() => redisBackend({ connect: {} as never })).toThrow(TypeError);
    expect(() => redisBackend({ connection: null as never })).toThrow(TypeError);
    expect(() => redisBackend({ maxLost: -1 })).toThrow(RangeError);
  });

  it('P67: what BullMQ says about a failed job is read, whoever has written it', () => {
    expect(readFailure('job stalled more than allowable limit', 10)).toEqual({ kind: 'lost', times: 11 });
    expect(readFailure('cancelled (other)\n{"cancelled":"other"}', 10)).toEqual({ kind: 'cancelled', by: 'other' });
    expect(readFailure('by hand\nnot JSON', 10)).toMatchObject({ kind: 'failed' });
    expect(readFailure('Error: x\n{"failed":{"attempts":2}}', 10)).toEqual({
      kind: 'failed',
      payload: { attempts: 2 },
    });
  });
});

describe('codecs', () => {
  it('P67: JSON takes only what it gives back', () => {
    const shared = { a: 1 };
    const fine = { text: 'x', list: [1, null, true, shared, shared], left: undefined };
    expect(jsonCodec.decode(jsonCodec.encode(fine, 'it'))).toEqual(fine);
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const [value, fault] of [
      [{ a: { b: [new Map()] } }, 'it, at .a.b[0], is a Map, which JSON does not give back'],
      [circle, 'it, at .self, is an object that contains itself'],
      [[NaN], 'it, at [0], is NaN'],
      [-0, 'it is -0'],
      [{ 'a b': 1n }, 'it, at ["a b"], is a bigint'],
      [[undefined], 'it, at [0], is undefined'],
      [{ toJSON: () => 1 }, 'it is a Object, which JSON does not give back'],
      [
        Object.defineProperty({}, 'x', { enumerable: true, get: () => fail() }),
        'it cannot be read: Error: not readable',
      ],
    ] as const) {
      expect(() => jsonCodec.encode(value, 'it')).toThrow(fault);
    }
  });

  it('P67: the cloneCodec says what cannot be cloned', () => {
    expect(() => cloneCodec.encode(() => 1, 'argument 1')).toThrow(/^argument 1 cannot be cloned: /);
    const value = { when: new Date(1), big: 2n, set: new Set([undefined]) };
    expect(cloneCodec.decode(cloneCodec.encode(value, 'it'))).toEqual(value);
  });
});

function fail(): never {
  throw new Error('not readable');
}
