import { EventEmitter, once } from 'node:events';
import { AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { Cancelled, CancelScope, checkpoint, currentTime, openNursery, run, sleep, StateError } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { inTask, runOutside } from '@tercet/core/lowlevel';
import { thrownBy } from '../run-virtually.ts';

/**
 * A connection that a task opens before it ends, as pools do: all its later calls happen in the context of that task.
 * `fn` is called there while the run goes on.
 */
async function calledByConnection<T>(
  fn: (nursery: Nursery) => T,
  open = (make: () => AsyncResource) => make(),
): Promise<T | undefined> {
  return run(() =>
    openNursery(async (nursery) => {
      let connection: AsyncResource | undefined;
      await nursery
        .startSoon(() => {
          connection = open(() => new AsyncResource('CONNECTION'));
        })
        .join();
      return await connection!.runInAsyncScope(() => fn(nursery));
    }),
  );
}

describe('N-2: a callback whose task has ended', () => {
  it('N-2, PO-9: learns from the Cancelled what to do instead', async () => {
    expect(await calledByConnection(() => inTask())).toBe(false);
    const error = (await calledByConnection(() => thrownBy(() => sleep(1)))) as Cancelled;
    expect(error).toBeInstanceOf(Cancelled);
    expect(error.source).toBe('exited');
    expect(error.message).toMatch(/has ended.*nursery\.startSoon\(\).*portal.*runOutside\(\)/);
    const group = (await calledByConnection(() => thrownBy(() => openNursery(() => sleep(1))))) as Error;
    expect(JSON.stringify(group)).toMatch(/startSoon/);
  });

  it('N-2: may start a task in a nursery that is open', async () => {
    let done = false;
    await calledByConnection((nursery) => {
      nursery.startSoon(async () => {
        await sleep(1);
        done = true;
      });
    });
    expect(done).toBe(true);
  });

  it('N-2, PO-10: may begin a run, which is outside of the first one', async () => {
    const instant = await calledByConnection(() =>
      run(async () => {
        await sleep(1);
        return currentTime();
      }),
    );
    expect(instant).toEqual(expect.any(Number));
  });

  it('N-2, PO-10: begins a run in a scope that has been left only when its task has ended, too', async () => {
    await run(async () => {
      let resource: AsyncResource | undefined;
      await new CancelScope().run(() => {
        resource = new AsyncResource('CONNECTION');
      });
      await checkpoint();
      expect(await resource!.runInAsyncScope(() => thrownBy(() => run(() => 1)))).toBeInstanceOf(StateError);
    });
  });

  it('N-2: is outside of runs if the connection was opened with runOutside', async () => {
    const value = await calledByConnection(
      () => run(() => inTask()),
      (make) => runOutside(make),
    );
    expect(value).toBe(true);
  });
});

it('N-2: a real emitter: its listeners start tasks after the one that registered them has ended', async () => {
  const emitter = new EventEmitter();
  const handled: unknown[] = [];
  await run(() =>
    openNursery(async (nursery) => {
      await nursery
        .startSoon(() => {
          emitter.on('notification', (text) =>
            nursery.startSoon(async () => {
              await sleep(1);
              handled.push(text);
            }),
          );
        })
        .join();
      const heard = once(emitter, 'notification');
      emitter.emit('notification', 'first');
      await heard;
    }),
  );
  expect(handled).toEqual(['first']);
});
