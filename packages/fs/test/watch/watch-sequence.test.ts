import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it, jest } from '@jest/globals';
import { abandonable, CancelScope, failAfter, openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { Path } from '@tercet/fs';
import type { FsError, WatchEvent } from '@tercet/fs';
import { asNobody } from '../support/as-nobody.ts';
import { inFolder } from '../support/in-folder.ts';

const show = (event: WatchEvent<Path>): string =>
  event.type === 'overflow' ? 'overflow' : `${event.type} ${event.path.name}`;

/** The events of the next `count` steps, sorted. */
async function next(events: AsyncIterator<WatchEvent<Path>>, count: number): Promise<string[]> {
  const seen: string[] = [];
  await failAfter(20_000, async () => {
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
    'reports what was created, changed, replaced and removed, from the call on',
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
    'watches a file by its name, even before it exists and after it was replaced',
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
    'sees deeper changes if it is recursive',
    inFolder(async (folder) => {
      mkdirSync(folder.join('a', 'b').toString(), { recursive: true });
      await using events = folder.watch({ debounce: 20, recursive: true });
      writeFileSync(folder.join('a', 'b', 'deep').toString(), '1');
      expect(await next(events, 1)).toContain('created deep');
    }),
  );

  it(
    'reports an overflow when there were too many events',
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
    'waits until it is cancelled, and then stops watching',
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
      // Node releases a closed handle one turn later.
      await abandonable(new Promise((resolve) => setImmediate(resolve)));
      expect(process.getActiveResourcesInfo()).not.toContain('FSEventWrap');
    }),
  );

  it(
    'ends a pending step when another task disposes of it, and then stops watching',
    inFolder(async (folder) => {
      for (const path of [folder, folder.join('file')]) {
        const events = path.watch({ recursive: true, debounce: 1 });
        await openNursery(async (nursery) => {
          const step = nursery.startSoon(() => events.next());
          await waitAllTasksBlocked();
          await events.return?.();
          expect(await step.result()).toEqual({ done: true, value: undefined });
        });
      }
      await abandonable(new Promise((resolve) => setImmediate(resolve)));
      expect(process.getActiveResourcesInfo()).not.toContain('FSEventWrap');
    }),
  );

  it(
    'refuses options out of range, and throws at the first step if the path does not exist',
    inFolder(async (folder) => {
      expect(() => folder.watch({ debounce: -1 })).toThrow(RangeError);
      expect(() => folder.watch({ bufferSize: 0 })).toThrow('bufferSize must be at least 1');
      await expect(folder.join('missing', 'x').watch().next()).rejects.toMatchObject({ code: 'ENOENT' });
    }),
  );
});

/** The next event that is one of these. Skips others. */
async function until(events: AsyncIterator<WatchEvent<Path>>, ...wanted: string[]): Promise<string | undefined> {
  return await failAfter(20_000, async () => {
    for (;;) {
      const { done, value } = await events.next();
      if (done === true) return 'the end';
      if (wanted.includes(show(value))) return show(value);
    }
  });
}

describe('watch of a tree', () => {
  it(
    'I-1: follows no links, even if they form circles, and starts at once',
    inFolder(async (folder) => {
      for (const name of ['a', 'b']) symlinkSync('.', folder.join(name).toString());
      for (let i = 0; i < 15; i++) {
        mkdirSync(folder.join(`p${i}`, 'deps').toString(), { recursive: true });
        for (let j = 0; j < i; j++) symlinkSync(`../../p${j}`, folder.join(`p${i}`, 'deps', `p${j}`).toString());
      }
      symlinkSync('/usr', folder.join('usr').toString());
      await using events = folder.watch({ recursive: true, debounce: 5 });
      writeFileSync(folder.join('p14', 'new').toString(), 'x');
      expect(await next(events, 1)).toEqual(['created new']);
      // Only one path leads there.
      writeFileSync(folder.join('p0', 'once').toString(), 'x');
      const { value } = await events.next();
      expect((value as { path: Path }).path.relativeTo(folder).asPosix()).toBe('p0/once');
    }),
  );

  it(
    'I-1: adds a large tree step by step, and reports an overflow if changes may have been missed',
    inFolder(async (folder) => {
      const names = Array.from({ length: 700 }, (_, i) => folder.join(`d${i}`));
      for (const path of names) mkdirSync(path.toString());
      for (const path of names) writeFileSync(path.join('old').toString(), 'x');
      await using events = folder.watch({ recursive: true, debounce: 1, bufferSize: 5000 });
      for (const path of names) writeFileSync(path.join('new').toString(), 'x');
      const seen = new Set<string>();
      // Either the overflow comes first, or the events of directories that were added at once.
      await failAfter(20_000, async () => {
        while (seen.size < 256 || !seen.has('overflow')) {
          const { value } = await events.next();
          seen.add(value?.type === 'overflow' ? 'overflow' : String(value?.path));
        }
      });
      expect(seen.size).toBe(256);
      writeFileSync(folder.join('d699', 'old').toString(), 'y');
      writeFileSync(folder.join('d0', 'old').toString(), 'y');
      expect(await until(events, 'changed old')).toBe('changed old');
      expect(await until(events, 'changed old')).toBe('changed old');
    }),
  );

  it(
    'I-1: reports no overflow if nothing has changed since the call',
    inFolder(async (folder) => {
      for (let i = 0; i < 600; i++) mkdirSync(folder.join(`d${i}`).toString());
      const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
      await using events = folder.watch({ recursive: true, debounce: 1 });
      clock.mockRestore();
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await waitAllTasksBlocked();
          for (const name of ['d1', 'd599']) writeFileSync(folder.join(name, 'new').toString(), 'x');
        });
        expect(await next(events, 1)).toEqual(['created new']);
      });
    }),
  );

  it(
    'I-9: skips directories that may not be read, and reports them to onError',
    inFolder(async (folder) => {
      for (const name of ['ok', 'secret']) mkdirSync(folder.join('tree', name).toString(), { recursive: true });
      chmodSync(folder.join('tree', 'secret').toString(), 0);
      chmodSync(folder.join('tree', 'ok').toString(), 0o777);
      chmodSync(folder.toString(), 0o755);
      const refused: FsError[] = [];
      await asNobody(async () => {
        const onError = (error: FsError): unknown => refused.push(error);
        await using events = folder.join('tree').watch({ recursive: true, debounce: 5, onError });
        await using silent = folder.join('tree').watch({ recursive: true, debounce: 5 });
        writeFileSync(folder.join('tree', 'ok', 'h').toString(), 'x');
        expect(await next(events, 1)).toEqual(['created h']);
        expect(await next(silent, 1)).toEqual(['created h']);
      });
      expect(refused).toMatchObject([
        {
          name: 'FsError',
          code: 'EACCES',
          message: expect.stringContaining(`cannot watch ${folder.toString()}/tree/secret`),
        },
      ]);
    }),
  );

  it(
    'I-12: supports names that are not UTF-8, at any depth',
    inFolder(async (folder) => {
      const raw = (...names: string[]): Buffer => Buffer.from([folder.toString(), ...names].join('/'), 'latin1');
      mkdirSync(raw('d\xff'));
      await using events = folder.watch({ recursive: true, debounce: 5 });
      writeFileSync(raw('d\xff', 'f\xfe'), 'x');
      const { value } = await events.next();
      expect(value).toMatchObject({ type: 'created' });
      expect(Buffer.from((value as { path: Path }).path.toBytes()).equals(raw('d\xff', 'f\xfe'))).toBe(true);
    }),
  );

  it(
    'sees new entries of folders that were created, moved in, moved away or replaced',
    inFolder(async (folder) => {
      const tree = folder.join('tree');
      mkdirSync(tree.toString());
      await using events = tree.watch({ recursive: true, debounce: 20 });
      mkdirSync(tree.join('a', 'b').toString(), { recursive: true });
      writeFileSync(tree.join('a', 'b', 'deep').toString(), 'x');
      expect(await until(events, 'created deep')).toBe('created deep');
      writeFileSync(tree.join('a', 'b', 'later').toString(), 'x');
      expect(await until(events, 'created later')).toBe('created later');
      renameSync(tree.join('a').toString(), folder.join('away').toString());
      const removed = new Set([await until(events, 'removed deep', 'removed later')]);
      removed.add(await until(events, 'removed deep', 'removed later'));
      expect(removed).toEqual(new Set(['removed deep', 'removed later']));
      writeFileSync(folder.join('away', 'b', 'unseen').toString(), 'x');
      renameSync(folder.join('away').toString(), tree.join('back').toString());
      expect(await until(events, 'created unseen')).toBe('created unseen');
      rmSync(tree.join('back').toString(), { recursive: true });
      mkdirSync(tree.join('back').toString());
      writeFileSync(tree.join('back', 'fresh').toString(), 'x');
      expect(await until(events, 'created fresh')).toBe('created fresh');
      writeFileSync(tree.join('back', 'last').toString(), 'x');
      expect(await until(events, 'created last')).toBe('created last');
    }),
  );

  it(
    'I-11: starts again with an overflow when its folder is replaced, even behind a link',
    inFolder(async (folder) => {
      const path = folder.join('w');
      mkdirSync(path.toString());
      writeFileSync(path.join('before').toString(), '');
      await using events = path.watch({ debounce: 20 });
      rmSync(path.toString(), { recursive: true });
      mkdirSync(path.toString());
      writeFileSync(path.join('x').toString(), '');
      expect(await until(events, 'overflow')).toBe('overflow');
      writeFileSync(path.join('y').toString(), '');
      expect(await until(events, 'created y')).toBe('created y');
      for (const name of ['v1', 'v2']) mkdirSync(folder.join(name).toString());
      symlinkSync('v1', folder.join('link').toString());
      await using linked = folder.join('link').watch({ debounce: 20 });
      symlinkSync('v2', folder.join('next').toString());
      renameSync(folder.join('next').toString(), folder.join('link').toString());
      expect(await until(linked, 'overflow')).toBe('overflow');
      writeFileSync(folder.join('v2', 'z').toString(), '');
      expect(await until(linked, 'created z')).toBe('created z');
    }),
  );

  it(
    'reports no overflow for a folder with an entry of the same name',
    inFolder(async (folder) => {
      const path = folder.join('src');
      mkdirSync(path.toString());
      await using events = path.watch({ debounce: 5 });
      writeFileSync(path.join('src').toString(), '');
      expect(await next(events, 1)).toEqual(['created src']);
      unlinkSync(path.join('src').toString());
      expect(await next(events, 1)).toEqual(['removed src']);
    }),
  );

  it(
    'I-21: resolves a relative path at the call, so the working directory may change',
    inFolder(async (folder) => {
      const before = process.cwd();
      mkdirSync(folder.join('sub').toString());
      process.chdir(folder.toString());
      await using events = new Path('sub').watch({ debounce: 5 });
      process.chdir(before);
      writeFileSync(folder.join('sub', 'x').toString(), '');
      const { value } = await events.next();
      expect([value?.type, String((value as { path: Path }).path)]).toEqual(['created', 'sub/x']);
    }),
  );
});

describe('watch of a file', () => {
  it(
    'I-10: sees changes of the file behind a link, and of links on the way',
    inFolder(async (folder) => {
      for (const name of ['l', 't', '..2031_a', '..2031_b']) mkdirSync(folder.join(name).toString());
      writeFileSync(folder.join('t', 'f').toString(), '1');
      symlinkSync('../t/f', folder.join('l', 'f').toString());
      await using events = folder.join('l', 'f').watch({ debounce: 5 });
      writeFileSync(folder.join('t', 'f').toString(), '2');
      expect(await next(events, 1)).toEqual(['changed f']);
      unlinkSync(folder.join('t', 'f').toString());
      expect(await next(events, 1)).toEqual(['removed f']);
      writeFileSync(folder.join('t', 'f').toString(), '3');
      expect(await next(events, 1)).toEqual(['created f']);
      // As in a volume of Kubernetes: the link goes through a folder that is itself a link, and that link is replaced.
      for (const name of ['a', 'b']) writeFileSync(folder.join(`..2031_${name}`, 'c.json').toString(), name);
      symlinkSync('..2031_a', folder.join('..data').toString());
      symlinkSync('..data/c.json', folder.join('c.json').toString());
      await using config = folder.join('c.json').watch({ debounce: 5 });
      symlinkSync('..2031_b', folder.join('..tmp').toString());
      renameSync(folder.join('..tmp').toString(), folder.join('..data').toString());
      expect(await next(config, 1)).toEqual(['changed c.json']);
      writeFileSync(folder.join('..2031_b', 'c.json').toString(), 'new');
      expect(await next(config, 1)).toEqual(['changed c.json']);
    }),
  );

  it(
    'I-11: sees it in a folder that was recreated, and ends when that is removed',
    inFolder(async (folder) => {
      const path = folder.join('w');
      mkdirSync(path.toString());
      await using events = path.join('f').watch({ debounce: 20 });
      rmSync(path.toString(), { recursive: true });
      mkdirSync(path.toString());
      writeFileSync(path.join('f').toString(), '1');
      expect(await next(events, 1)).toEqual(['created f']);
      writeFileSync(path.join('f').toString(), '2');
      expect(await next(events, 1)).toEqual(['changed f']);
      rmSync(path.toString(), { recursive: true });
      expect(await next(events, 2)).toEqual(['removed f']);
    }),
  );
});
