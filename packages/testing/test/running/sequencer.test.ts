import { expect, it } from '@jest/globals';
import { CancelScope, isCancelled, openNursery, run, sleep, StateError } from '@tercet/core';
import { assertCheckpoints, Sequencer, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { inspect } from 'node:util';

it(
  'TST-020: orders two tasks and the test',
  testRun(async () => {
    const sequencer = new Sequencer();
    const record: string[] = [];
    const parts = (name: string, positions: number[]) => async (): Promise<void> => {
      for (const position of positions) {
        await sequencer.run(position, async () => {
          await sleep(Math.random());
          record.push(`${name} ${position}`);
        });
      }
    };
    await openNursery(async (nursery) => {
      nursery.startSoon(parts('first', [0, 4]));
      nursery.startSoon(parts('second', [2, 3]));
      await parts('test', [1, 5])();
    });
    expect(record).toEqual(['first 0', 'test 1', 'second 2', 'second 3', 'first 4', 'test 5']);
  }),
);

it(
  'TST-020: refuses a position that was used before',
  testRun(async () => {
    const sequencer = new Sequencer();
    await sequencer.run(0, () => undefined);
    await expect(sequencer.run(0, () => undefined)).rejects.toThrow(StateError);
    await sequencer.run(1, () => undefined);
  }),
);

it.each([-1, 0.5, NaN, '1' as unknown as number])('refuses the position %p', (position) =>
  testRun(() => expect(new Sequencer().run(position, () => undefined)).rejects.toThrow(RangeError))(),
);

it(
  'refuses a body that is not a function, and does not use up the position',
  testRun(async () => {
    const sequencer = new Sequencer();
    await expect(sequencer.run(0, Promise.resolve() as never)).rejects.toThrow(TypeError);
    await sequencer.run(0, () => undefined);
  }),
);

it(
  'returns the value of the body, and goes on after a body that throws',
  testRun(async () => {
    const sequencer = new Sequencer();
    expect(await sequencer.run(0, () => 42)).toBe(42);
    await expect(sequencer.run(1, () => Promise.reject(new Error('boom')))).rejects.toThrow('boom');
    expect(await sequencer.run(2, () => Promise.resolve(43))).toBe(43);
  }),
);

it(
  'is a checkpoint, whether it has to wait or not',
  testRun(async () => {
    const sequencer = new Sequencer();
    await assertCheckpoints(() => sequencer.run(0, () => undefined));
    await openNursery(async (nursery) => {
      nursery.startSoon(() => assertCheckpoints(() => sequencer.run(2, () => undefined)));
      await waitAllTasksBlocked();
      await sequencer.run(1, () => undefined);
    });
  }),
);

it(
  'breaks when a part is cancelled before its turn, so that all others get an error',
  testRun(async () => {
    const sequencer = new Sequencer();
    const record: string[] = [];
    const broken = async (position: number): Promise<void> => {
      await expect(sequencer.run(position, () => undefined)).rejects.toThrow(StateError);
      record.push(`${position} broken`);
    };
    await openNursery(async (nursery) => {
      nursery.startSoon(broken, 2);
      nursery.startSoon(broken, 3);
      await waitAllTasksBlocked();
      const scope = new CancelScope();
      scope.cancel();
      await scope.run(() => sequencer.run(1, () => record.push('not reached')));
      expect(scope.cancelledCaught).toBe(true);
    });
    await broken(0);
    await broken(7);
    expect(record).toEqual(['2 broken', '3 broken', '0 broken', '7 broken']);
    expect(inspect(sequencer)).toBe('<Sequencer: broken>');
  }),
);

it('C-3: rejects outside of a run, and does not use up the position', async () => {
  const sequencer = new Sequencer();
  await expect(sequencer.run(0, () => undefined)).rejects.toThrow(StateError);
  expect(await run(() => sequencer.run(0, () => 'had its turn'))).toBe('had its turn');
});

it('C-3: breaks when a position is not awaited, and its task ends', async () => {
  const sequencer = new Sequencer();
  let other: Promise<unknown> = Promise.resolve();
  // An operation that is not awaited fails when its task ends.
  const forgetful = run(() =>
    openNursery(async (nursery) => {
      nursery.startSoon(() => void (other = sequencer.run(1, () => undefined).catch((error: unknown) => error)));
      await waitAllTasksBlocked();
    }),
  );
  await expect(forgetful).rejects.toThrow('1 task failed: UnawaitedError');
  expect(isCancelled(await other)).toBe(true);
  await run(() =>
    expect(sequencer.run(0, () => undefined)).rejects.toThrow('position 1 was cancelled before its turn'),
  );
});

it('shows the waiting positions when it is inspected', async () => {
  const sequencer = new Sequencer();
  expect(inspect(sequencer)).toBe('<Sequencer: no task waits>');
  await run(() =>
    openNursery(async (nursery) => {
      nursery.startSoon(() => sequencer.run(3, () => undefined));
      nursery.startSoon(() => sequencer.run(1, () => undefined));
      await waitAllTasksBlocked();
      expect(inspect(sequencer)).toBe('<Sequencer: waiting: 1, 3>');
      nursery.cancelScope.cancel();
    }),
  );
});
