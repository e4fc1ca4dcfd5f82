import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ContextVar } from '@tercet/context';
import {
  CancelScope,
  currentEffectiveDeadline,
  currentTime,
  isCancelled,
  moveOnAfter,
  openNursery,
  shielded,
  sleep,
  sleepForever,
} from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { CapacityLimiter, Event } from '@tercet/sync';
import { RemoteError, registerError, remote } from '@tercet/parallel';
import type { Fn } from '@tercet/parallel';
import { cloneCodec, job, JobCancelledError, openEngine, serveJobs } from '@tercet/parallel/engine';
import type { EngineBackend, EngineExecutor } from '@tercet/parallel/engine';
import { cancelRequested, report } from '@tercet/parallel/worker';
import { errorOf } from '../jobs.ts';

/** An engine under test, and the means to disturb it. */
export interface World {
  readonly backend: EngineBackend;
  /** The jobs of a killed worker run again after this time, at the latest: milliseconds. */
  readonly lockAndCheck: number;
  /** Starts a worker program that serves `note`. */
  startProgram(nursery: Nursery): Promise<Program>;
  /** The engine cannot be reached until the function that this returns is called. */
  cut(): Promise<() => Promise<void>>;
}

/** A worker program. */
export interface Program {
  kill(): void;
}

export type Harness = (body: (world: World) => Promise<void>) => Promise<unknown>;

type Jobs = {
  work(...args: unknown[]): Promise<unknown>;
  note(file: string, text: string, milliseconds: number): Promise<string>;
};
const jobs = remote<Jobs>(new URL('./jobs.mjs', import.meta.url));

const user = new ContextVar<unknown>('engine user', { crossing: true });
const plain = job(jobs.work, { name: 'work', atLeastOnce: 'accepted' });
const keyed = job(jobs.work, { name: 'work', key: (key) => String(key) });

class OutOfStock extends Error {
  article = '';
}
registerError(OutOfStock);

/** Calls a function as a job, with a server of it beside. */
function withJob(
  { backend }: World,
  work: Fn,
  body: (engine: EngineExecutor) => Promise<void>,
  concurrency = 4,
): Promise<void> {
  const queue = 'contract';
  return openNursery(async (nursery) => {
    nursery.startSoon(() => serveJobs({ backend, queue, jobs: { work }, concurrency }));
    await openEngine({ backend, queue }, body);
    nursery.cancelScope.cancel('the test is over');
  });
}

/** Tests the guarantees of every engine. @param inWorld calls its argument in a run, with an empty engine. */
export function engineContract(name: string, inWorld: Harness): void {
  describe(`an engine: ${name}`, () => {
    let folder = '';
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'tercet-engine-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));
    const journal = (): string => join(folder, 'journal');
    const entries = (): string[] => readFileSync(journal(), 'utf8').trim().split('\n');

    it('P67: calls return what the function returns, and undefined stays undefined', () =>
      inWorld((world) =>
        withJob(
          world,
          (...args) => (args.length === 0 ? undefined : args),
          async (engine) => {
            expect(await engine.run(plain)).toBeUndefined();
            const values = [1, 'two', null, { three: [3, { four: true, left: undefined }] }, ''];
            expect(await engine.run(plain, ...values)).toEqual(values);
            expect(await engine.map(keyed, ['a', 'b', 'c'], { concurrency: 2 })).toEqual([['a'], ['b'], ['c']]);
          },
        ),
      ));

    it('P67: an argument that is undefined arrives as undefined', () =>
      inWorld((world) =>
        withJob(
          world,
          (a, b, c) => [a, b === undefined, c],
          async (engine) => expect(await engine.run(plain, 1, undefined, 3)).toEqual([1, true, 3]),
        ),
      ));

    it('P67: errors keep class, message, code, fields, cause and the place of the call, and get attempts and jobId', () =>
      inWorld((world) =>
        withJob(
          world,
          (kind: unknown) => {
            if (kind === 'text') throw 'a text';
            if (kind === 'unknown')
              throw Object.assign(new (class Strange extends Error {})('odd'), { code: 'ODD', map: new Map() });
            throw Object.assign(new OutOfStock('none left', { cause: new RangeError('below 0') }), {
              article: 'chair',
            });
          },
          async (engine) => {
            const error = await errorOf(engine.run(keyed, 'registered'));
            expect(error).toBeInstanceOf(OutOfStock);
            expect(error).toMatchObject({
              message: 'none left',
              article: 'chair',
              attempts: 1,
              jobId: 'work/registered',
            });
            expect(error.cause).toBeInstanceOf(RangeError);
            expect(error.stack).toMatch(/in job work\/registered, called from\n[^]*contract/);
            const strange = await errorOf(engine.run(plain, 'unknown'));
            expect(strange).toBeInstanceOf(RemoteError);
            expect(strange).toMatchObject({ message: 'odd', code: 'ODD', attempts: 1 });
            await expect(engine.run(plain, 'text')).rejects.toBe('a text');
          },
        ),
      ));

    it('P67: what JSON would change is refused with its place, and the cloneCodec carries it', () =>
      inWorld((world) =>
        withJob(
          world,
          (wanted: unknown) => (wanted === 'date' ? { when: [new Date(0)] } : wanted),
          async (engine) => {
            expect((await errorOf(engine.run(plain, { at: new Date(0) }))).message).toMatch(
              /^work\(\): argument 1, at \.at, is a Date, which JSON does not give back/,
            );
            expect((await errorOf(engine.run(plain, 1, [() => 1]))).message).toMatch(
              /argument 2, at \[0\], is a function/,
            );
            const failure = await errorOf(engine.run(plain, 'date'));
            expect(failure).toBeInstanceOf(TypeError);
            expect(failure.message).toMatch(/work\(\): the result, at \.when\[0\], is a Date/);
            const { backend } = world;
            await openNursery(async (nursery) => {
              const options = { backend, queue: 'cloned', codec: cloneCodec };
              nursery.startSoon(() => serveJobs({ ...options, jobs: { work: (value: unknown) => value } }));
              const value = { date: new Date(5), map: new Map([[1n, undefined]]), bytes: new Uint8Array([1, 2]) };
              await openEngine(options, async (clones) => expect(await clones.run(plain, value)).toEqual(value));
              nursery.cancelScope.cancel();
            });
          },
        ),
      ));

    it('P67: what is larger than maxSize is refused, and says so', () =>
      inWorld(({ backend }) =>
        openNursery(async (nursery) => {
          const options = { backend, queue: 'small', maxSize: 1000 };
          nursery.startSoon(() => serveJobs({ ...options, jobs: { work: (size: number) => 'x'.repeat(size) } }));
          await openEngine(options, async (engine) => {
            const tooMuch = await errorOf(engine.run(plain, 'x'.repeat(2000)));
            expect(tooMuch).toBeInstanceOf(RangeError);
            expect(tooMuch.message).toMatch(
              /work\(\): the arguments take 2\d\d\d bytes, but the maxSize of the queue is 1000/,
            );
            expect((await errorOf(engine.run(plain, 2000))).message).toMatch(/the result take 2\d\d\d bytes/);
            expect(await engine.run(plain, 500)).toHaveLength(500);
          });
          nursery.cancelScope.cancel();
        }),
      ));

    it('P67, P11: a job that no worker program serves fails, and the error says which there are', () =>
      inWorld((world) =>
        withJob(
          world,
          () => 1,
          async (engine) => {
            const other = job(jobs.work, { name: 'other', atLeastOnce: 'accepted', attempts: 3 });
            const error = await errorOf(engine.run(other));
            expect(error).toBeInstanceOf(TypeError);
            expect(error.message).toMatch(/no job other is served .*; they serve: work$/);
            // Trying again would not help.
            expect(error.attempts).toBe(1);
          },
        ),
      ));

    it('P67, P44: context variables that cross are set in the job', () =>
      inWorld((world) =>
        withJob(
          world,
          () => user.get('nobody'),
          async (engine) => {
            expect(await engine.run(plain)).toBe('nobody');
            await user.run({ name: 'Ada' }, async () => expect(await engine.run(plain)).toEqual({ name: 'Ada' }));
            user.set(new Map());
            expect((await errorOf(engine.run(plain))).message).toMatch(/the context variable engine user is a Map/);
          },
        ),
      ));

    it('P67, P41: the job sees the remaining time of its caller, and none with onCancel wait', () =>
      inWorld((world) =>
        withJob(
          world,
          () => Math.min(currentEffectiveDeadline() - currentTime(), 1e9),
          async (engine) => {
            expect(await engine.run(plain)).toBe(1e9);
            const seen = (await moveOnAfter(60_000, () => engine.run(plain))) as number;
            expect(seen).toBeLessThanOrEqual(60_100);
            expect(seen).toBeGreaterThan(30_000);
            expect(await moveOnAfter(60_000, () => engine.with({ onCancel: 'wait' }).run(plain))).toBe(1e9);
          },
        ),
      ));

    it('P67, P47, P53: onProgress gets what the job reports, the last report always', () =>
      inWorld((world) =>
        withJob(
          world,
          (count: number) => {
            for (let step = 1; step <= count; step++) report({ step });
          },
          async (engine) => {
            const seen: unknown[] = [];
            await engine.with({ onProgress: (value) => seen.push(value) }).run(plain, 1000);
            expect(seen.at(-1)).toEqual({ step: 1000 });
            expect(seen.length).toBeLessThan(100);
          },
        ),
      ));

    it('P67: onAccepted is called once, when the engine has stored the job, and its error is thrown by the call', () =>
      inWorld((world) =>
        withJob(
          world,
          () => sleep(50),
          async (engine) => {
            const stored: Promise<boolean>[] = [];
            const isStored = async (jobId: string): Promise<boolean> =>
              (await engine.jobs()).some(({ id }) => id === jobId);
            await engine.with({ onAccepted: (jobId) => stored.push(isStored(jobId)) }).run(plain);
            expect(await Promise.all(stored)).toEqual([true]);
            const refuse = (): void => {
              throw new RangeError('not this one');
            };
            await expect(engine.with({ onAccepted: refuse }).run(plain)).rejects.toThrow(
              new RangeError('not this one'),
            );
          },
        ),
      ));

    it('P67: a limiter is held for the whole call', () =>
      inWorld((world) => {
        let running = 0;
        let most = 0;
        return withJob(
          world,
          async () => {
            most = Math.max(most, ++running);
            await sleep(5);
            running--;
          },
          async (engine) => {
            await engine.with({ limiter: new CapacityLimiter(2) }).map(plain, [1, 2, 3, 4, 5, 6]);
            expect(most).toBe(2);
          },
          10,
        );
      }));

    it('P67: at most as many jobs run at a time as concurrency says', () =>
      inWorld((world) => {
        let running = 0;
        let most = 0;
        return withJob(
          world,
          async () => {
            most = Math.max(most, ++running);
            await sleep(5);
            running--;
          },
          async (engine) => {
            await engine.map(plain, [1, 2, 3, 4, 5, 6]);
            expect(most).toBe(3);
          },
          3,
        );
      }));

    it('P60, P67: a job that leaves a task behind fails', () =>
      inWorld((world) =>
        withJob(
          world,
          () => {
            void sleep(1);
          },
          async (engine) => expect((await errorOf(engine.run(plain))).name).toBe('UnawaitedError'),
        ),
      ));

    it('P68: when a worker program is killed, its job runs again, and the caller gets one result', () =>
      inWorld((world) =>
        openNursery(async (nursery) => {
          const { backend } = world;
          const note = job(jobs.note, { name: 'note', key: (_file, text) => text });
          const program = await world.startProgram(nursery);
          await openEngine({ backend, queue: 'programs' }, async (engine) => {
            await openNursery(async (calls) => {
              calls.startSoon(async () => expect(await engine.run(note, journal(), 'once', 300)).toBe('once'));
              await untilJournal(journal(), 1);
              program.kill();
              await world.startProgram(nursery);
            });
            expect(entries().filter((line) => line === 'begin once')).toHaveLength(2);
            expect(await engine.jobs()).toEqual([]);
          });
          nursery.cancelScope.cancel();
        }),
      ));

    it('P69: two calls with one key run once, and both get the result', () =>
      inWorld((world) => {
        let runs = 0;
        return withJob(
          world,
          async () => {
            await sleep(20);
            return ++runs;
          },
          async (engine) => {
            await openEngine({ backend: world.backend, queue: 'contract' }, async (second) => {
              const results: unknown[] = [];
              await openNursery((calls) => {
                for (const each of [engine, engine, second]) {
                  calls.startSoon(async () => results.push(await each.run(keyed, 'one')));
                }
              });
              expect(results).toEqual([1, 1, 1]);
              // The result is kept.
              expect(await second.run(keyed, 'one')).toBe(1);
              expect(await second.run(keyed, 'two: %/')).toBe(2);
            });
          },
        );
      }));

    it('P69: a job that has failed is run again when it is called again', () =>
      inWorld((world) => {
        let runs = 0;
        return withJob(
          world,
          () => {
            if (++runs === 1) throw new Error('the first time');
            return runs;
          },
          async (engine) => {
            await expect(engine.run(keyed, 'one')).rejects.toThrow('the first time');
            expect(await engine.run(keyed, 'one')).toBe(2);
            expect(await engine.run(keyed, 'one')).toBe(2);
          },
        );
      }));

    it('P69: a job is not cancelled while another caller waits for it', () =>
      inWorld((world) => {
        let runs = 0;
        const begun = new Event();
        const end = new Event();
        return withJob(
          world,
          async () => {
            runs++;
            begun.set();
            await end.wait();
            return 'done';
          },
          async (engine) => {
            await openEngine({ backend: world.backend, queue: 'contract' }, async (second) => {
              const [first, same] = [new CancelScope(), new CancelScope()];
              await openNursery(async (calls) => {
                calls.startSoon(() => first.run(() => engine.run(keyed, 'one')));
                await begun.wait();
                calls.startSoon(() => same.run(() => engine.run(keyed, 'one')));
                calls.startSoon(async () => expect(await second.run(keyed, 'one')).toBe('done'));
                await untilJoined(world.backend);
                first.cancel();
                same.cancel();
                while (!first.cancelledCaught || !same.cancelledCaught) await sleep(1);
                end.set();
              });
              expect(runs).toBe(1);
            });
          },
        );
      }));

    it('P70, P33: a cancel reaches the scope of the running job, and the caller goes on when it has ended', () =>
      inWorld((world) => {
        const order: string[] = [];
        const begun = new Event();
        return withJob(
          world,
          async () => {
            try {
              begun.set();
              await sleepForever();
            } finally {
              order.push(`cancelled, requested ${cancelRequested()}`);
              await shielded(() => sleep(20));
              order.push('cleaned up');
            }
          },
          async (engine) => {
            const scope = new CancelScope();
            await openNursery(async (calls) => {
              calls.startSoon(async () => {
                await scope.run(async () => {
                  const error = await errorOf(engine.run(plain));
                  expect(isCancelled(error)).toBe(true);
                  expect('abandoned' in error).toBe(false);
                  throw error;
                });
                order.push('the caller');
              });
              await begun.wait();
              scope.cancel();
            });
            expect(scope.cancelledCaught).toBe(true);
            expect(order).toEqual(['cancelled, requested true', 'cleaned up', 'the caller']);
            expect(await engine.jobs()).toEqual([]);
          },
        );
      }));

    it('P70, P36: a result that was under way is kept, and so is an error', () =>
      inWorld((world) => {
        let begun = new Event();
        return withJob(
          world,
          async (fails: unknown) => {
            await shielded(async () => {
              begun.set();
              while (!cancelRequested()) await sleep(1);
            });
            if (fails === true) throw new Error('too late');
            return 'kept';
          },
          async (engine) => {
            const call = async (fails: boolean): Promise<unknown> => {
              begun = new Event();
              const scope = new CancelScope();
              const result = scope.run(() => engine.run(plain, fails));
              await openNursery((calls) => {
                calls.startSoon(async () => {
                  await begun.wait();
                  scope.cancel();
                });
                return result;
              });
              return result;
            };
            expect(await call(false)).toBe('kept');
            expect((await errorOf(call(true))).message).toMatch(/too late/);
          },
        );
      }));

    it('P70, P38: with onCancel wait the job is not cancelled', () =>
      inWorld((world) =>
        withJob(
          world,
          async () => {
            await sleep(50);
            return 'done';
          },
          async (engine) => {
            expect(await moveOnAfter(10, () => engine.with({ onCancel: 'wait' }).run(plain))).toBe('done');
          },
        ),
      ));

    it('P70: with onCancel abandon the caller goes on at once, and so does the job', () =>
      inWorld((world) => {
        const begun = new Event();
        const end = new Event();
        return withJob(
          world,
          async () => {
            begun.set();
            await end.wait();
            return [currentEffectiveDeadline() === Infinity];
          },
          async (engine) => {
            const scope = new CancelScope({ relativeDeadline: 3_600_000 });
            await openNursery(async (calls) => {
              calls.startSoon(() =>
                scope.run(async () => {
                  const error = await errorOf(engine.with({ onCancel: 'abandon' }).run(keyed, 'left'));
                  expect(error).toMatchObject({ name: 'Cancelled', abandoned: true });
                  throw error;
                }),
              );
              await begun.wait();
              scope.cancel();
            });
            expect(scope.cancelledCaught).toBe(true);
            expect(await engine.jobs()).toMatchObject([{ id: 'work/left', state: 'running' }]);
            end.set();
            expect(await engine.run(keyed, 'left')).toEqual([true]);
          },
        );
      }));

    it('P70: a job that does not end is abandoned after the grace, and the Cancelled says so', () =>
      inWorld((world) => {
        const end = new Event();
        const begun = new Event();
        const ended = new Event();
        return withJob(
          world,
          async () => {
            await shielded(() => {
              begun.set();
              return end.wait();
            });
            ended.set();
          },
          async (engine) => {
            const scope = new CancelScope();
            await openNursery(async (calls) => {
              calls.startSoon(() =>
                scope.run(async () => {
                  const error = await errorOf(engine.with({ grace: 30 }).run(plain));
                  expect(error).toMatchObject({ name: 'Cancelled', abandoned: true });
                  throw error;
                }),
              );
              await begun.wait();
              scope.cancel();
            });
            expect(scope.cancelledCaught).toBe(true);
            expect(ended.isSet).toBe(false);
            end.set();
            await ended.wait();
          },
        );
      }));

    it('P32, P70: a job that has not begun is taken out, and nothing runs', () =>
      inWorld((world) => {
        let runs = 0;
        const begun = new Event();
        const end = new Event();
        return withJob(
          world,
          async () => {
            runs++;
            begun.set();
            await end.wait();
          },
          async (engine) => {
            await openNursery(async (calls) => {
              calls.startSoon(() => engine.run(plain));
              await begun.wait();
              const delayed = job(jobs.work, { name: 'work', atLeastOnce: 'accepted', delay: { hours: 1 } });
              for (const each of [plain, delayed]) {
                const scope = new CancelScope();
                calls.startSoon(() => scope.run(() => engine.run(each)));
                while ((await engine.jobs()).length < 2) await sleep(1);
                scope.cancel();
                while (!scope.cancelledCaught) await sleep(1);
                expect(await engine.jobs()).toMatchObject([{ state: 'running', name: 'work', attempt: 1 }]);
              }
              end.set();
            });
            const cancelled = new CancelScope();
            cancelled.cancel();
            await cancelled.run(() => engine.run(plain));
            expect(cancelled.cancelledCaught).toBe(true);
            expect(runs).toBe(1);
          },
          1,
        );
      }));

    it('P70: anybody can cancel a job by its id, and its callers get a JobCancelledError', () =>
      inWorld((world) => {
        const begun = new Event();
        return withJob(
          world,
          async () => {
            begun.set();
            await sleepForever();
          },
          async (engine) => {
            await openEngine({ backend: world.backend, queue: 'contract' }, async (other) => {
              await openNursery(async (calls) => {
                calls.startSoon(async () => {
                  const error = await errorOf(engine.run(keyed, 'long'));
                  expect(error).toBeInstanceOf(JobCancelledError);
                  expect(error).toMatchObject({ jobId: 'work/long' });
                });
                await begun.wait();
                expect(await other.cancel('work/long')).toBe(true);
              });
              expect(await other.cancel('work/long')).toBe(false);
              expect(await other.cancel('work/unknown')).toBe(false);
            });
          },
        );
      }));

    it("P41, P70: the caller's deadline ends the job where it runs", () =>
      inWorld((world) => {
        const seen: unknown[] = [];
        return withJob(
          world,
          async () => {
            try {
              await sleepForever();
            } catch (error) {
              seen.push(isCancelled(error));
              throw error;
            }
          },
          async (engine) => {
            // On a busy machine the first ones may not have begun.
            for (let deadline = 100; seen.length === 0; deadline *= 2) {
              expect(await moveOnAfter(deadline, () => engine.run(plain))).toBeUndefined();
            }
            expect(seen).toEqual([true]);
            expect(await engine.jobs()).toEqual([]);
          },
        );
      }));

    it('P71: while the engine cannot be reached calls wait, cancelling works here, and nothing is lost', () =>
      inWorld((world) => {
        const runs: unknown[] = [];
        const begun = new Event();
        const end = new Event();
        return withJob(
          world,
          async (name: unknown) => {
            runs.push(name);
            begun.set();
            if (name === 'running') await end.wait();
            return name;
          },
          async (engine) => {
            const results: unknown[] = [];
            await openNursery(async (calls) => {
              calls.startSoon(async () => results.push(await engine.run(keyed, 'running')));
              await begun.wait();
              const restore = await world.cut();
              calls.startSoon(async () => results.push(await engine.run(keyed, 'waiting')));
              const error = await errorOf(
                new CancelScope({ deadline: currentTime() + 50 }).run(async () => {
                  const abandoned = await errorOf(engine.with({ grace: 50 }).run(keyed, 'cancelled'));
                  throw new Error('seen', { cause: abandoned });
                }),
              );
              expect(error.cause).toMatchObject({ name: 'Cancelled', abandoned: true });
              end.set();
              expect(results).toEqual([]);
              await restore();
            });
            expect(new Set(results)).toEqual(new Set(['running', 'waiting']));
            expect(runs.filter((name) => name !== 'cancelled')).toEqual(['running', 'waiting']);
          },
        );
      }));

    it('P72: a shutdown takes no new job, lets running ones end, and returns', () =>
      inWorld(({ backend }) =>
        openEngine({ backend, queue: 'drain' }, async (engine) => {
          const begun = new Event();
          const end = new Event();
          const work = async (name: unknown): Promise<unknown> => {
            begun.set();
            await end.wait();
            return `${String(name)} by the first`;
          };
          await openNursery(async (nursery) => {
            const program = new CancelScope();
            const returned = new Event();
            nursery.startSoon(async () => {
              await program.run(() => serveJobs({ backend, queue: 'drain', jobs: { work }, concurrency: 2 }));
              returned.set();
            });
            const results: unknown[] = [];
            await openNursery(async (calls) => {
              calls.startSoon(async () => results.push(await engine.run(plain, 'running')));
              await begun.wait();
              program.shutdown();
              await waitAllTasksBlocked();
              calls.startSoon(async () => results.push(await engine.run(plain, 'later')));
              while ((await engine.jobs()).length < 2) await sleep(1);
              expect(returned.isSet).toBe(false);
              end.set();
              await returned.wait();
              expect(program.cancelledCaught).toBe(false);
              expect(await engine.jobs()).toMatchObject([{ state: 'waiting' }]);
              nursery.startSoon(() => serveJobs({ backend, queue: 'drain', jobs: { work: () => 'by the second' } }));
            });
            expect(results).toEqual(['running by the first', 'by the second']);
            nursery.cancelScope.cancel();
          });
        }),
      ));

    it('P72: jobs that do not end within the grace are cancelled, and run elsewhere', () =>
      inWorld(({ backend }) =>
        openEngine({ backend, queue: 'drain' }, async (engine) => {
          const begun = new Event();
          let cleanedUp = false;
          const work = async (): Promise<void> => {
            try {
              begun.set();
              await sleepForever();
            } finally {
              cleanedUp = true;
            }
          };
          await openNursery(async (nursery) => {
            const program = new CancelScope();
            const returned = new Event();
            nursery.startSoon(async () => {
              await program.run(() => serveJobs({ backend, queue: 'drain', jobs: { work } }));
              returned.set();
            });
            await openNursery(async (calls) => {
              calls.startSoon(async () => expect(await engine.run(plain)).toBe('by the second'));
              await begun.wait();
              program.shutdown({ grace: 30 });
              await returned.wait();
              expect(program.cancelledCaught).toBe(true);
              expect(cleanedUp).toBe(true);
              expect(await engine.jobs()).toMatchObject([{ state: 'waiting', attempt: 1 }]);
              nursery.startSoon(() => serveJobs({ backend, queue: 'drain', jobs: { work: () => 'by the second' } }));
            });
            nursery.cancelScope.cancel();
          });
        }),
      ));

    it('P73: a job is tried as often as attempts says, with pauses that double', () =>
      inWorld((world) => {
        const times: number[] = [];
        return withJob(
          world,
          (wanted: number) => {
            times.push(currentTime());
            if (times.length < wanted) throw new Error(`attempt ${times.length}`);
            return times.length;
          },
          async (engine) => {
            const thrice = job(jobs.work, { name: 'work', atLeastOnce: 'accepted', attempts: 3, backoff: 100 });
            expect(await engine.run(thrice, 3)).toBe(3);
            const [first = 0, second = 0, third = 0] = times;
            expect(second - first).toBeGreaterThanOrEqual(99);
            expect(third - second).toBeGreaterThanOrEqual(199);
            times.length = 0;
            const error = await errorOf(engine.run(thrice, 4));
            expect(error).toMatchObject({ message: 'attempt 3', attempts: 3 });
            times.length = 0;
            await expect(engine.run(plain, 2)).rejects.toMatchObject({ message: 'attempt 1', attempts: 1 });
          },
        );
      }));

    it('P73: a job begins after its delay', () =>
      inWorld((world) =>
        withJob(
          world,
          () => 'begun',
          async (engine) => {
            const later = job(jobs.work, { name: 'work', atLeastOnce: 'accepted', delay: 100 });
            const before = currentTime();
            expect(await engine.run(later)).toBe('begun');
            expect(currentTime() - before).toBeGreaterThanOrEqual(99);
          },
        ),
      ));
  });
}

async function untilJoined(backend: EngineBackend): Promise<void> {
  // A call has joined a job when the engine has answered a question that was asked later.
  await openEngine({ backend, queue: 'contract' }, (engine) => engine.jobs());
  await sleep(30);
}

async function untilJournal(file: string, lines: number): Promise<void> {
  appendFileSync(file, '');
  while (readFileSync(file, 'utf8').split('\n').length <= lines) await sleep(5);
}
