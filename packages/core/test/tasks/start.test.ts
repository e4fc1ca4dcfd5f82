import { describe, expect, it } from '@jest/globals';
import {
  CancelScope,
  Cancelled,
  checkpoint,
  currentTime,
  ExceptionGroup,
  InternalError,
  moveOnAfter,
  openNursery,
  run,
  shielded,
  sleep,
  sleepForever,
  StateError,
  TASK_STATUS_IGNORED,
} from '@tercet/core';
import type { Nursery, TaskStatus } from '@tercet/core';
import { currentTask, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import type { Task } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../run-virtually.ts';

/** Sets up for a second, says that it has, and goes on for three. */
async function service(status: TaskStatus<number> = TASK_STATUS_IGNORED): Promise<void> {
  await sleep(1000);
  status.started(currentTime());
  await sleep(3000);
}

describe('a task that says when it has started', () => {
  it(
    'RUN-181: start() gives the value after the time of the set-up, and the nursery waits for the rest',
    testRun(async () => {
      await openNursery(async (nursery) => {
        expect(await nursery.start(service)).toBe(1000);
        expect(currentTime()).toBe(1000);
        expect(nursery.childTasks.size).toBe(1);
      });
      expect(currentTime()).toBe(4000);
    }),
  );

  it(
    'RUN-182: can be called directly with the status that is ignored',
    testRun(async () => {
      await service();
      expect(currentTime()).toBe(4000);
    }),
  );

  it(
    'RUN-183: G-46: gets a StateError when it says so twice, and survives if it catches that',
    testRun(async () => {
      let end = '';
      await openNursery(async (nursery) => {
        await nursery.start<void>(async (status) => {
          status.started();
          expect(() => status.started()).toThrow(StateError);
          await checkpoint();
          end = 'survived';
        });
      });
      expect(end).toBe('survived');
    }),
  );

  it(
    'G-40: lives under the scopes of the caller of start() until then',
    testRun(async () => {
      await openNursery(async (nursery) => {
        const scope = new CancelScope({ relativeDeadline: 500 });
        await scope.run(() => nursery.start(service));
        expect([scope.cancelledCaught, currentTime(), nursery.childTasks.size]).toEqual([true, 500, 0]);
      });
    }),
  );

  it(
    'G-43: moves with all that it has opened, at once',
    testRun(async () => {
      await openNursery(async (target) => {
        let child: Task | undefined;
        const scope = new CancelScope();
        await scope.run(() =>
          target.start<void>((status) =>
            new CancelScope().run(() =>
              openNursery(async (nursery) => {
                child = currentTask();
                nursery.startSoon(sleepForever);
                expect(target.childTasks.has(child)).toBe(false);
                status.started();
                expect(target.childTasks.has(child)).toBe(true);
                scope.cancel();
                await sleep(10);
                target.cancelScope.cancel();
                expect(await thrownBy(checkpoint)).toBeInstanceOf(Cancelled);
              }),
            ),
          ),
        );
      });
    }),
  );

  it(
    'G-43: is aborted at the moment in which it moves to a cancelled nursery, sleeping tasks of it included',
    testRun(async () => {
      let aborted: unknown;
      await openNursery(async (target) => {
        await shielded(() =>
          target.start<void>((status) =>
            new CancelScope({ shield: true }).run((shield) =>
              openNursery(async (nursery) => {
                nursery.startSoon(async () => {
                  aborted = await thrownBy(sleepForever);
                  throw aborted;
                });
                await waitAllTasksBlocked();
                target.cancelScope.cancel();
                await checkpoint();
                shield.shield = false;
                status.started();
                await thrownBy(checkpoint);
                expect(aborted).toBeInstanceOf(Cancelled);
              }),
            ),
          ),
        );
      });
      expect(aborted).toBeInstanceOf(Cancelled);
    }),
  );

  it(
    'RUN-152: has the hidden nursery as its parent before, and knows the one that it will move to',
    testRun(async () => {
      const caller = currentTask();
      await openNursery((target) =>
        target.start<void>((status) => {
          const task = currentTask();
          expect(task.parentNursery).not.toBe(target);
          expect(task.parentNursery!.parentTask).toBe(caller);
          expect(task.eventualParentNursery).toBe(target);
          status.started();
        }),
      );
    }),
  );

  it(
    'RUN-153: has the target as its parent afterwards',
    testRun(() =>
      openNursery((target) =>
        target.start<void>(async (status) => {
          status.started();
          for (let i = 0; i < 2; i++) {
            expect(currentTask().parentNursery).toBe(target);
            expect(currentTask().eventualParentNursery).toBeUndefined();
            await checkpoint();
          }
        }),
      ),
    ),
  );

  it(
    'RUN-192: returns its value even if the target is cancelled just after',
    testRun(async () => {
      let value: unknown;
      await openNursery(async (nursery) => {
        value = await nursery.start<number>(async (status) => {
          status.started(7);
          nursery.cancelScope.cancel();
          await sleepForever();
        });
      });
      expect(value).toBe(7);
    }),
  );
});

describe('a task that does not get so far', () => {
  it(
    'RUN-180: G-47: is the same as one that takes no status: it has ended without calling started',
    testRun(() =>
      openNursery((nursery) => expect(nursery.start(() => Promise.resolve())).rejects.toThrow(/without calling/)),
    ),
  );

  it.each([
    ['undefined', undefined],
    ['a number', 5],
    ['an object', {}],
  ])('RUN-180: is a TypeError when it is %s', (_title, fn) =>
    testRun(() => openNursery((nursery) => expect(nursery.start(fn as never)).rejects.toThrow(TypeError)))(),
  );

  it(
    'RUN-184: G-41: throws out of start() what it throws, and the target goes on',
    testRun(async () => {
      const error = new TypeError('set-up');
      await openNursery(async (nursery) => {
        expect(await thrownBy(() => nursery.start(() => Promise.reject(error)))).toBe(error);
        expect(nursery.cancelScope.cancelCalled).toBe(false);
        await checkpoint();
      });
    }),
  );

  it(
    'RUN-195: G-41: keeps cause and groups as they are',
    testRun(async () => {
      const cause = new Error('why');
      for (const error of [new TypeError('x', { cause }), new ExceptionGroup('g', [new Error('y')], { cause })]) {
        await openNursery(async (nursery) => {
          expect(await thrownBy(() => nursery.start(() => Promise.reject(error)))).toBe(error);
          expect(error.cause).toBe(cause);
        });
      }
    }),
  );

  it(
    'RUN-185: G-42: is a StateError when it returns before',
    testRun(() =>
      openNursery(async (nursery) => {
        const error = await thrownBy(() => nursery.start(() => undefined));
        expect(error).toBeInstanceOf(StateError);
        expect((error as Error).message).toMatch(/ended without calling taskStatus\.started\(\)/);
      }),
    ),
  );

  it(
    'RUN-194: G-44: keeps the target open meanwhile, also when it crashes in the end, for the caller of start()',
    testRun(async () => {
      let seen: unknown;
      await openNursery(async (caller) => {
        await openNursery((target) => {
          caller.startSoon(async () => {
            seen = await thrownBy(() =>
              target.start(async () => {
                await sleep(7);
                throw new TypeError('late');
              }),
            );
            expect(currentTime()).toBe(7);
          });
          return checkpoint();
        });
        expect(currentTime()).toBe(7);
      });
      expect(seen).toEqual(new TypeError('late'));
    }),
  );

  it(
    'RUN-189: is refused at once by a nursery that is closed',
    testRun(async () => {
      const closed = await openNursery((nursery) => nursery);
      const { schedulePoints } = currentTask();
      let ran = false;
      await expect(closed!.start(() => (ran = true))).rejects.toThrow(StateError);
      expect([ran, currentTask().schedulePoints]).toEqual([false, schedulePoints]);
    }),
  );
});

describe('G-45: a caller of start() that is cancelled when started() is called', () => {
  /** Starts a task whose caller is cancelled meanwhile; `then` is what it does after `started`. */
  async function startCancelled(
    then: () => unknown,
  ): Promise<{ value?: unknown; error?: unknown; moved?: boolean; caught: boolean }> {
    const scope = new CancelScope();
    const outcome: { value?: unknown; error?: unknown; moved?: boolean } = {};
    await openNursery(async (target: Nursery) => {
      await scope
        .run(async () => {
          outcome.value = await target.start<number>(async (status) => {
            await shielded(async () => {
              await sleep(10);
              scope.cancel();
              await sleep(10);
            });
            status.started(7);
            outcome.moved = target.childTasks.size > 0;
            await then();
          });
        })
        .catch((error: unknown) => (outcome.error = error));
    });
    return { ...outcome, caught: scope.cancelledCaught };
  }

  it(
    'keeps the task, which ends with Cancelled at its next checkpoint',
    testRun(async () => expect(await startCancelled(checkpoint)).toEqual({ moved: false, caught: true })),
  );

  it(
    'gets the value when the task returns without another checkpoint',
    testRun(async () =>
      expect(await startCancelled(() => undefined)).toEqual({ moved: false, value: 7, caught: false }),
    ),
  );

  it(
    'gets the error when the task throws one',
    testRun(async () => {
      const error = new TypeError('after');
      const outcome = await startCancelled(() => {
        throw error;
      });
      expect(outcome).toEqual({ moved: false, error, caught: false });
    }),
  );
});

describe('RUN-196: G-48: tasks that are started beside it in the hidden nursery', () => {
  it(
    'and fail together with it are an InternalError with the group as cause',
    testRun(async () => {
      const error = await thrownBy(() =>
        openNursery((target) =>
          target.start(async () => {
            currentTask().parentNursery!.startSoon(async () => {
              await thrownBy(sleepForever);
              throw new RangeError('beside');
            });
            await checkpoint();
            throw new TypeError('itself');
          }),
        ),
      );
      const [inner] = (error as ExceptionGroup).errors as [Error];
      expect(inner).toBeInstanceOf(InternalError);
      expect(inner.cause).toBeInstanceOf(ExceptionGroup);
      expect((inner.cause as ExceptionGroup).errors).toEqual([new TypeError('itself'), new RangeError('beside')]);
    }),
  );
});

describe('G-49: a target that is cancelled while a start() is pending', () => {
  it(
    'cancels the task, and start() says why',
    testRun(async () => {
      let end: unknown;
      let outcome: unknown;
      await openNursery(async (caller) => {
        await openNursery(async (target) => {
          caller.startSoon(async () => {
            outcome = await thrownBy(() =>
              target.start(async () => {
                end = await thrownBy(sleepForever);
                throw end;
              }),
            );
          });
          await waitAllTasksBlocked();
          target.cancelScope.cancel('closing');
        });
      });
      expect(end).toMatchObject({ name: 'Cancelled', reason: 'closing' });
      expect(outcome).toBeInstanceOf(StateError);
      expect((outcome as Error).message).toMatch(/cancelled before/);
    }),
  );

  it(
    'before the call: the task begins, and is cancelled at its first checkpoint; nothing hangs',
    testRun(async () => {
      let begun = false;
      let outcome: unknown;
      await openNursery(async (target) => {
        target.cancelScope.cancel();
        outcome = await thrownBy(() =>
          shielded(() =>
            target.start(async () => {
              begun = true;
              await sleepForever();
            }),
          ),
        );
      });
      expect(begun).toBe(true);
      expect(outcome).toBeInstanceOf(StateError);
    }),
  );

  it(
    'from an outer scope: the same',
    testRun(async () => {
      const scope = new CancelScope();
      let outcome: unknown;
      await openNursery(async (caller) => {
        await scope.run(() =>
          openNursery(async (target) => {
            caller.startSoon(async () => {
              outcome = await thrownBy(() => target.start(sleepForever));
            });
            await waitAllTasksBlocked();
            scope.cancel();
          }),
        );
      });
      expect(outcome).toBeInstanceOf(StateError);
    }),
  );

  it(
    'and a caller that is cancelled with it: Cancelled comes out, and nothing else',
    testRun(async () => {
      await moveOnAfter(10, () =>
        openNursery(async (nursery) => {
          const error = await thrownBy(() => nursery.start(sleepForever));
          expect(error).toBeInstanceOf(Cancelled);
          throw error;
        }),
      );
    }),
  );
});

it('C-13: start() on a nursery of another run is refused, and the nursery stays as it was', async () => {
  let other: Nursery | undefined;
  let end: (() => void) | undefined;
  const otherRun = run(() =>
    openNursery(async (nursery) => {
      other = nursery;
      await new Promise<void>((resolve) => (end = resolve));
      expect(nursery.childTasks.size).toBe(0);
    }),
  );
  await new Promise((resolve) => setImmediate(resolve));
  let called = false;
  const error = await run(() => thrownBy(() => other!.start(() => (called = true))));
  end!();
  await otherRun;
  expect(error).toBeInstanceOf(StateError);
  expect((error as Error).message).toMatch(/another run/);
  expect(called).toBe(false);
});

it.each<[string, unknown]>([
  ['a promise', Promise.resolve(1)],
  ['a thenable', { then: (ok: (value: number) => void) => ok(1) }],
  ['a function with a then', Object.assign(() => 1, { then: () => undefined })],
])('C-19: started() refuses %s, and says what to write', (_what, value) =>
  testRun(async () => {
    let refusal: unknown;
    const started = await openNursery((nursery) =>
      nursery.start<unknown>((taskStatus) => {
        refusal = thrown(() => taskStatus.started(value));
        taskStatus.started('afterwards');
      }),
    );
    expect(refusal).toBeInstanceOf(TypeError);
    expect((refusal as Error).message).toMatch(/await/);
    expect(started).toBe('afterwards');
  })(),
);

function thrown(fn: () => void): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return undefined;
}

it(
  'N-5: start() has the type that the parameter of the function says, in each way of saying it',
  testRun(async () => {
    const serve = async (name: string, options: { readonly taskStatus?: TaskStatus<string> }): Promise<void> => {
      options.taskStatus?.started(name);
      await checkpoint();
    };
    await openNursery(async (nursery) => {
      const byDefault: number = await nursery.start(service);
      const annotated: string = await nursery.start((taskStatus: TaskStatus<string>) => serve('a', { taskStatus }));
      const explicit: string = await nursery.start<string>((taskStatus) => serve('b', { taskStatus }));
      // @ts-expect-error -- the value is a number
      const wrong: string = await nursery.start(service);
      // @ts-expect-error -- the callee says string
      await nursery.start<number>((taskStatus) => serve('c', { taskStatus }));
      expect([byDefault, annotated, explicit, wrong]).toEqual([1000, 'a', 'b', 2000]);
    });
  }),
);
