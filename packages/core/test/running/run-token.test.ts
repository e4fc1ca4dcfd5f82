import { describe, expect, it } from '@jest/globals';
import {
  Cancelled,
  checkpoint,
  ExceptionGroup,
  InternalError,
  run,
  RunFinishedError,
  sleep,
  sleepForever,
} from '@tercet/core';
import {
  currentRunToken,
  currentTask,
  inRun,
  onTaskExit,
  spawnSystemTask,
  waitAllTasksBlocked,
} from '@tercet/core/lowlevel';
import type { RunToken } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { inspect } from 'node:util';
import { MessageChannel } from 'node:worker_threads';
import { runVirtually, thrownBy } from '../run-virtually.ts';

it('RUN-130: is the same within a run, and another one in the next', async () => {
  const tokens = await Promise.all(
    [1, 2].map(() =>
      runVirtually(async () => {
        const token = currentRunToken();
        await checkpoint();
        expect(currentRunToken()).toBe(token);
        return token;
      }),
    ),
  );
  expect(tokens[0]).not.toBe(tokens[1]);
});

it(
  'RUN-131: calls back not synchronously, but before all tasks are blocked',
  testRun(async () => {
    const seen: unknown[] = [];
    currentRunToken().runSoon(() => seen.push(inRun()));
    expect(seen).toEqual([]);
    await waitAllTasksBlocked();
    expect(seen).toEqual([true]);
  }),
);

it('RUN-132: refuses when the run has ended', async () => {
  const token = await runVirtually(() => currentRunToken());
  expect(() => token.runSoon(() => undefined)).toThrow(RunFinishedError);
  expect(() => token.runSoon(() => undefined, { idempotent: true })).toThrow(RunFinishedError);
});

it(
  'RUN-134: calls idempotent functions once each, in the order in which they were first queued',
  testRun(async () => {
    const called: number[] = [];
    const callbacks = Array.from({ length: 100 }, (_, n) => () => void called.push(n));
    const token = currentRunToken();
    for (let round = 0; round < 3; round++) for (const fn of callbacks) token.runSoon(fn, { idempotent: true });
    await waitAllTasksBlocked();
    expect(called).toEqual(Array.from({ length: 100 }, (_, n) => n));
  }),
);

it(
  'RUN-135: calls an idempotent function again that queues itself while it is called',
  testRun(async () => {
    let calls = 0;
    const token = currentRunToken();
    const callback = (): void => {
      if (++calls < 5) token.runSoon(callback, { idempotent: true });
    };
    token.runSoon(callback, { idempotent: true });
    while (calls < 5) await sleep(1);
    await waitAllTasksBlocked();
    expect(calls).toBe(5);
  }),
);

it('RUN-136: calls functions that were queued just before main fails, and main fails the run', async () => {
  let called = false;
  const error = await thrownBy(() =>
    runVirtually(() => {
      currentRunToken().runSoon(() => (called = true));
      throw new TypeError('main');
    }),
  );
  expect(error).toEqual(new TypeError('main'));
  expect(called).toBe(true);
});

it('RUN-137: fails the run when a callback throws, cancels main, and goes on with the next callbacks', async () => {
  let next = false;
  let main: unknown;
  const error = await thrownBy(() =>
    runVirtually(async () => {
      currentRunToken().runSoon(() => {
        throw new RangeError('callback');
      });
      currentRunToken().runSoon(() => (next = true));
      main = await thrownBy(() => sleepForever());
      throw main;
    }),
  );
  expect(next).toBe(true);
  expect(main).toBeInstanceOf(Cancelled);
  expect(error).toBeInstanceOf(InternalError);
  const outer = (error as Error).cause as ExceptionGroup;
  expect(outer).toBeInstanceOf(ExceptionGroup);
  expect(outer.errors[0]).toBeInstanceOf(ExceptionGroup);
  expect((outer.errors[0] as ExceptionGroup).errors).toEqual([new RangeError('callback')]);
});

it.each([100, 1000])('RUN-138: calls %d functions in the order in which they were queued', (count) =>
  testRun(async () => {
    const called: number[] = [];
    for (let n = 0; n < count; n++) currentRunToken().runSoon(() => void called.push(n));
    await waitAllTasksBlocked();
    expect(called).toEqual(Array.from({ length: count }, (_, n) => n));
  })(),
);

it('RUN-140: takes callbacks from a message port until the run ends, and calls all that it has taken', async () => {
  const { port1, port2 } = new MessageChannel();
  let taken = 0;
  let called = 0;
  let refused = 0;
  try {
    await run(async () => {
      const token = currentRunToken();
      port1.on('message', () => {
        try {
          token.runSoon(() => void called++);
          taken++;
          port2.postMessage(null);
        } catch (error) {
          if (!(error instanceof RunFinishedError)) throw error;
          refused++;
        }
      });
      for (let i = 0; i < 10; i++) port2.postMessage(null);
      while (called < 100) await waitAllTasksBlocked();
    });
    while (refused < 10) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    port1.close();
  }
  expect(called).toBeGreaterThanOrEqual(100);
  expect(called).toBe(taken);
});

it(
  'G-93: calls in one go only what was queued at its start, so that the event loop turns in between',
  testRun(async () => {
    let calls = 0;
    let turns = 0;
    const token = currentRunToken();
    const count = (): void => {
      turns++;
      if (calls < 100) setImmediate(count);
    };
    setImmediate(count);
    const again = (): void => {
      if (++calls < 100) token.runSoon(again);
    };
    token.runSoon(again);
    while (calls < 100) await new Promise((resolve) => setImmediate(resolve));
    expect(turns).toBeGreaterThanOrEqual(90);
  }),
);

it('G-93: calls the functions that were accepted at any moment of the end of a run', async () => {
  for (let delay = 0; delay < 30; delay++) {
    let taken = false;
    let called = false;
    let refusal: unknown;
    await runVirtually(() => {
      const token = currentRunToken();
      void (async () => {
        for (let i = 0; i < delay; i++) await Promise.resolve();
        token.runSoon(() => (called = true));
        taken = true;
      })().catch((error: unknown) => (refusal = error));
    });
    for (let i = 0; i < 40; i++) await Promise.resolve();
    const refused = refusal instanceof RunFinishedError;
    expect({ delay, called, refused }).toEqual({ delay, called: taken, refused: !taken });
  }
});

it('RUN-136: lets no error of a callback be lost that was taken at the end of a run', async () => {
  for (let delay = 0; delay < 30; delay++) {
    let taken = false;
    const end = await runVirtually(() => {
      const token = currentRunToken();
      void (async () => {
        for (let i = 0; i < delay; i++) await Promise.resolve();
        token.runSoon(() => {
          throw new RangeError('late');
        });
        taken = true;
      })().catch(() => undefined);
    }).then(
      () => 'well',
      (error: unknown) => (error as Error).name,
    );
    expect({ delay, end }).toEqual({ delay, end: taken ? 'InternalError' : 'well' });
  }
});

describe('RUN-141: callbacks that are queued while the run is ending', () => {
  it('fail the run like any other, and the next ones are called all the same', async () => {
    let next = false;
    const error = await thrownBy(() =>
      runVirtually(async () => {
        const token = currentRunToken();
        spawnSystemTask(async () => {
          try {
            await sleepForever();
          } finally {
            token.runSoon(() => {
              throw new RangeError('late');
            });
            token.runSoon(() => (next = true));
          }
        });
        await checkpoint();
      }),
    );
    expect(error).toBeInstanceOf(InternalError);
    expect(((error as Error).cause as ExceptionGroup).leaves()).toEqual([new RangeError('late')]);
    expect(next).toBe(true);
  });
});

describe('C-0: the end of the run', () => {
  it.each([{}, { idempotent: true }])('refuses a callback that queues itself again and again (%p)', async (options) => {
    const refusals: unknown[] = [];
    let calls = 0;
    await runVirtually(async () => {
      const token = currentRunToken();
      const again = (): void => {
        calls++;
        try {
          token.runSoon(again, options);
        } catch (error) {
          refusals.push(error);
        }
      };
      token.runSoon(again, options);
      for (let step = 0; step < 20; step++) await checkpoint();
    });
    expect(refusals).toEqual([expect.any(RunFinishedError)]);
    const callsUntilTheEnd = calls;
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toBe(callsUntilTheEnd);
  });

  it('makes the refusal an error of the run where the callback does not catch it', async () => {
    const error = await thrownBy(() =>
      runVirtually(() => {
        const token = currentRunToken();
        const again = (): void => token.runSoon(again);
        token.runSoon(again);
      }),
    );
    expect(error).toBeInstanceOf(InternalError);
    expect(((error as Error).cause as ExceptionGroup).leaves()).toEqual([expect.any(RunFinishedError)]);
  });

  it('refuses callbacks that queue each other, also when they begin after the last system task has ended', async () => {
    const refusals: unknown[] = [];
    await runVirtually(() => {
      const token = currentRunToken();
      const queue = (fn: () => void): void => {
        try {
          token.runSoon(fn);
        } catch (error) {
          refusals.push(error);
        }
      };
      const ping = (): void => queue(pong);
      const pong = (): void => queue(ping);
      spawnSystemTask(async () => {
        onTaskExit(currentTask(), ping);
        await sleepForever();
      });
    });
    expect(refusals).toEqual([expect.any(RunFinishedError)]);
  });
});

it('RUN-141: fails the run when a callback throws after the last system task has ended', async () => {
  let next = false;
  const error = await thrownBy(() =>
    runVirtually(() => {
      const token = currentRunToken();
      spawnSystemTask(async () => {
        onTaskExit(currentTask(), () => {
          token.runSoon(() => {
            throw new RangeError('late');
          });
          token.runSoon(() => (next = true));
        });
        await sleepForever();
      });
    }),
  );
  expect(error).toBeInstanceOf(InternalError);
  expect(((error as Error).cause as ExceptionGroup).leaves()).toEqual([new RangeError('late')]);
  expect(next).toBe(true);
});

it(
  'refuses anything but a function',
  testRun(() => {
    expect(() => currentRunToken().runSoon(Promise.resolve() as never)).toThrow(TypeError);
  }),
);

it('shows its run when it is inspected', async () => {
  let token: RunToken | undefined;
  await run(
    () => {
      token = currentRunToken();
      expect(inspect(token)).toBe('<RunToken of server>');
    },
    { name: 'server' },
  );
  expect(inspect(token)).toBe('<RunToken of server, finished>');
});

it(
  'RUN-131: calls back before all tasks are blocked, also what queues itself again',
  testRun(async () => {
    let calls = 0;
    const token = currentRunToken();
    const callback = (): void => {
      if (++calls < 5) token.runSoon(callback, { idempotent: true });
    };
    token.runSoon(callback, { idempotent: true });
    await waitAllTasksBlocked();
    expect(calls).toBe(5);
  }),
);
