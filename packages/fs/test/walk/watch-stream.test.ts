import { mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { abandonable, CancelScope, failAfter, openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import type { Path, WatchEvent } from '@tercet/fs';
import { inFolder } from '../support/in-folder.ts';

const show = (event: WatchEvent<Path>): string =>
  event.type === 'overflow' ? 'overflow' : `${event.type} ${event.path.name}`;

/** The events of the next `count` steps, sorted. */
async function next(events: AsyncIterator<WatchEvent<Path>>, count: number): Promise<string[]> {
  const seen: string[] = [];
  await failAfter(4000, async () => {
    while (seen.length < count) {
      const { done, value } = await events.next();
      if (done === true) break;
      seen.push(show(value));
    }
  });
  return seen.sort();
}

describe('watch', () => {
  it(
    'tells what was created, changed, replaced and removed, from the call on',
    inFolder(async (folder) => {
      writeFileSync(folder.join('old').toString(), '1');
      writeFileSync(folder.join('replaced').toString(), '1');
      await using events = folder.watch({ debounce: 5 });
      writeFileSync(folder.join('new').toString(), '1');
      expect(await next(events, 1)).toEqual(['created new']);
      writeFileSync(folder.join('old').toString(), '2');
      writeFileSync(folder.join('.tmp').toString(), '2');
      renameSync(folder.join('.tmp').toString(), folder.join('replaced').toString());
      expect(await next(events, 2)).toEqual(['changed old', 'changed replaced']);
      unlinkSync(folder.join('new').toString());
      renameSync(folder.join('old').toString(), folder.join('moved').toString());
      expect(await next(events, 3)).toEqual(['created moved', 'removed new', 'removed old']);
    }),
  );

  it(
    'watches one file by its name, also before it exists and after it was replaced',
    inFolder(async (folder) => {
      const path = folder.join('config');
      await using events = path.watch({ debounce: 5 });
      writeFileSync(folder.join('other').toString(), '1');
      writeFileSync(path.toString(), '1');
      expect(await next(events, 1)).toEqual(['created config']);
      await path.writeAtomic('2');
      expect(await next(events, 1)).toEqual(['changed config']);
      unlinkSync(path.toString());
      expect(await next(events, 1)).toEqual(['removed config']);
    }),
  );

  it(
    'sees what is further down when it is recursive',
    inFolder(async (folder) => {
      mkdirSync(folder.join('a', 'b').toString(), { recursive: true });
      await using events = folder.watch({ debounce: 20, recursive: true });
      writeFileSync(folder.join('a', 'b', 'deep').toString(), '1');
      expect(await next(events, 1)).toContain('created deep');
    }),
  );

  it(
    'says that events are missing when there were too many',
    inFolder(async (folder) => {
      await using events = folder.watch({ debounce: 20, bufferSize: 2 });
      for (let i = 0; i < 10; i++) writeFileSync(folder.join(`f${i}`).toString(), '1');
      const seen = await next(events, 3);
      expect(seen).toContain('overflow');
      expect(seen.filter((event) => event.startsWith('created'))).toHaveLength(2);
    }),
  );

  it(
    'ends when the directory is removed',
    inFolder(async (folder) => {
      const path = folder.join('d');
      mkdirSync(path.toString());
      await using events = path.watch({ debounce: 5 });
      rmSync(path.toString(), { recursive: true });
      expect(await next(events, 5)).toEqual(['removed d']);
      expect(await events.next()).toEqual({ done: true, value: undefined });
    }),
  );

  it(
    'waits until it is cancelled, and stops watching then',
    inFolder(async (folder) => {
      const scope = new CancelScope();
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await scope.run(async () => {
            for await (const _ of folder.watch()) throw new Error('there was no event');
          });
        });
        await waitAllTasksBlocked();
        scope.cancel();
      });
      expect(scope.cancelledCaught).toBe(true);
      // Node lets go of a closed handle a turn later.
      await abandonable(new Promise((resolve) => setImmediate(resolve)));
      expect(process.getActiveResourcesInfo()).not.toContain('FSEventWrap');
    }),
  );

  it(
    'refuses options out of range, and throws at the first step where there is nothing to watch',
    inFolder(async (folder) => {
      expect(() => folder.watch({ debounce: -1 })).toThrow(RangeError);
      expect(() => folder.watch({ bufferSize: 0 })).toThrow('bufferSize must be at least 1');
      await expect(folder.join('missing', 'x').watch().next()).rejects.toMatchObject({ code: 'ENOENT' });
    }),
  );
});
