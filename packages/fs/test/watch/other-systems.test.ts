import { EventEmitter } from 'node:events';
import * as fs from 'node:fs';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { failAfter, openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import type { Path, WatchEvent } from '@tercet/fs';
import { pretend } from '../support/pretend.ts';

/** A watcher that reports only what a test lets it report. */
class FakeWatcher extends EventEmitter {
  readonly path: string;
  readonly recursive: boolean;
  closed = false;

  constructor(path: string, recursive: boolean) {
    super();
    this.path = path;
    this.recursive = recursive;
  }

  close(): void {
    this.closed = true;
  }
}

let watchers: FakeWatcher[] = [];

const watch = (path: fs.PathLike, { recursive = false }: fs.WatchOptions): FakeWatcher => {
  const watcher = new FakeWatcher(path.toString(), recursive);
  watchers.push(watcher);
  return watcher;
};

jest.unstable_mockModule('node:fs', () => ({ ...fs, default: fs, watch }));
const { watchIfAllowed } = await import('../../src/watch/watched.ts');
const { inFolder } = await import('../support/in-folder.ts');

beforeEach(() => {
  watchers = [];
});

/** The watchers that are not closed. */
const open = (): FakeWatcher[] => watchers.filter(({ closed }) => !closed);

/** Lets the watchers that see a directory report an event, as the system would. */
function report(directory: Path, kind: 'rename' | 'change', name: string | null): void {
  let count = 0;
  for (const watcher of open()) {
    const below = relative(watcher.path, directory.toString());
    if (below.startsWith('..') || (below !== '' && (!watcher.recursive || name === null))) continue;
    watcher.emit('change', kind, name === null ? null : Buffer.from(join(below, name)));
    count++;
  }
  expect(count).toBeGreaterThan(0);
}

const show = (event: WatchEvent<Path>): string =>
  event.type === 'overflow' ? 'overflow' : `${event.type} ${event.path.name}`;

/** The events of the next `count` steps. */
async function next(events: AsyncIterator<WatchEvent<Path>>, count: number): Promise<string[]> {
  const seen: string[] = [];
  await failAfter(20_000, async () => {
    while (seen.length < count) seen.push(show((await events.next()).value as WatchEvent<Path>));
  });
  return seen;
}

/** Waits for an event. Skips others. */
async function until(events: AsyncIterator<WatchEvent<Path>>, wanted: string): Promise<void> {
  while (!(await next(events, 1)).includes(wanted));
}

const touch = (path: Path): void => fs.writeFileSync(path.toString(), 'x');

describe('names that the system reports as they are on the disk', () => {
  it.each([
    ['win32', 'readme.md', 'README.md'],
    ['darwin', 'readme.md', 'README.md'],
    ['darwin', 'caf\u00e9', 'cafe\u0301'],
  ] as const)('on %s, watch() of the file %j sees an event of %j', (platform, name, onDisk) =>
    inFolder(async (folder) => {
      using _ = pretend(platform);
      touch(folder.join(name));
      await using events = folder.join(name).watch({ debounce: 5 });
      report(folder, 'change', onDisk);
      expect(await next(events, 1)).toEqual([`changed ${name}`]);
    })(),
  );

  it(
    'on Linux, a name in another case is that of another file',
    inFolder(async (folder) => {
      touch(folder.join('readme'));
      await using events = folder.join('readme').watch({ debounce: 5 });
      report(folder, 'change', 'README');
      fs.unlinkSync(folder.join('readme').toString());
      report(folder, 'rename', 'readme');
      expect(await next(events, 1)).toEqual(['removed readme']);
    }),
  );

  it(
    'on Windows, a followed tail gets the lines of a file whose name it was given in another case',
    inFolder(async (folder) => {
      using _ = pretend('win32');
      fs.writeFileSync(folder.join('app.log').toString(), 'old\n');
      await using lines = folder.join('app.log').tail({ follow: 'name', from: 'end' });
      await openNursery(async (nursery) => {
        const step = nursery.startSoon(() => failAfter(20_000, () => lines.next()));
        await waitAllTasksBlocked(20);
        fs.appendFileSync(folder.join('app.log').toString(), 'new\n');
        report(folder, 'change', 'App.log');
        expect(await step.result()).toEqual({ done: false, value: 'new' });
      });
    }),
  );

  it(
    'on macOS, a replaced link on the way to a directory is noticed by its name in another case',
    inFolder(async (folder) => {
      using _ = pretend('darwin');
      for (const name of ['v1', 'v2']) fs.mkdirSync(folder.join(name).toString());
      fs.symlinkSync('v1', folder.join('link').toString());
      await using events = folder.join('link').watch({ debounce: 5 });
      fs.unlinkSync(folder.join('link').toString());
      fs.symlinkSync('v2', folder.join('link').toString());
      report(folder, 'rename', 'LINK');
      expect(await next(events, 1)).toEqual(['overflow']);
    }),
  );

  it(
    'on macOS, an entry that is named like its directory but for the case is no replaced directory',
    inFolder(async (folder) => {
      using _ = pretend('darwin');
      const path = folder.join('src');
      fs.mkdirSync(path.toString());
      for (const name of ['src', 'SRC']) touch(path.join(name));
      await using events = path.watch({ debounce: 5 });
      report(path, 'rename', 'SRC');
      expect(await next(events, 1)).toEqual(['changed SRC']);
      report(path, 'rename', null);
      expect(await next(events, 1)).toEqual(['overflow']);
    }),
  );
});

describe('changes of directories', () => {
  it(
    'on Windows, a new entry is no change of the directory that it is in',
    inFolder(async (folder) => {
      using _ = pretend('win32');
      fs.mkdirSync(folder.join('sub').toString());
      touch(folder.join('file'));
      await using events = folder.watch({ debounce: 5, recursive: true });
      touch(folder.join('sub', 'x'));
      report(folder, 'change', 'sub');
      report(folder.join('sub'), 'rename', 'x');
      report(folder, 'change', 'file');
      expect(await next(events, 2)).toEqual(['created x', 'changed file']);
    }),
  );

  it.each([
    ['on Windows, another directory in its place', 'win32', 'rename'],
    ['elsewhere, a change of its permissions', 'linux', 'change'],
  ] as const)('%s is a change of a directory', (_, platform, kind) =>
    inFolder(async (folder) => {
      using _platform = pretend(platform);
      fs.mkdirSync(folder.join('sub').toString());
      await using events = folder.watch({ debounce: 5 });
      report(folder, kind, 'sub');
      expect(await next(events, 1)).toEqual(['changed sub']);
    })(),
  );
});

describe.each(['win32', 'darwin'] as const)('a tree on %s', (platform) => {
  const watchTree = (folder: Path): AsyncIterableIterator<WatchEvent<Path>> & AsyncDisposable =>
    folder.watch({ debounce: 5, recursive: true });

  it(
    'has one watcher, which keeps no directory in it from being renamed',
    inFolder(async (folder) => {
      using _ = pretend(platform);
      fs.mkdirSync(folder.join('a', 'b').toString(), { recursive: true });
      {
        await using events = watchTree(folder);
        expect(open().map(({ path, recursive }) => [path, recursive])).toEqual([[folder.toString(), true]]);
        touch(folder.join('a', 'b', 'x'));
        report(folder.join('a', 'b'), 'rename', 'x');
        touch(folder.join('y'));
        report(folder, 'rename', 'y');
        expect(await next(events, 2)).toEqual(['created x', 'created y']);
      }
      expect(open()).toEqual([]);
    }),
  );

  it(
    'reports the entries of directories that are created, renamed and replaced',
    inFolder(async (folder) => {
      using _ = pretend(platform);
      await using events = watchTree(folder);
      fs.mkdirSync(folder.join('a', 'b').toString(), { recursive: true });
      touch(folder.join('a', 'b', 'x'));
      // The system reports all of it, in any order.
      report(folder.join('a', 'b'), 'rename', 'x');
      report(folder.join('a'), 'rename', 'b');
      report(folder, 'rename', 'a');
      expect(await next(events, 3)).toEqual(['created a', 'created b', 'created x']);
      touch(folder.join('a', 'b', 'y'));
      report(folder.join('a', 'b'), 'rename', 'y');
      expect(await next(events, 1)).toEqual(['created y']);
      fs.renameSync(folder.join('a').toString(), folder.join('c').toString());
      report(folder, 'rename', 'a');
      report(folder, 'rename', 'c');
      expect((await next(events, 8)).sort()).toEqual([
        ...['created b', 'created c', 'created x', 'created y'],
        ...['removed a', 'removed b', 'removed x', 'removed y'],
      ]);
      touch(folder.join('c', 'z'));
      report(folder.join('c'), 'rename', 'z');
      expect(await next(events, 1)).toEqual(['created z']);
      fs.rmSync(folder.join('c').toString(), { recursive: true });
      fs.mkdirSync(folder.join('c').toString());
      report(folder, 'rename', 'c');
      await until(events, 'removed z');
      touch(folder.join('c', 'last'));
      report(folder.join('c'), 'rename', 'last');
      await until(events, 'created last');
      expect(open()).toHaveLength(1);
    }),
  );

  it(
    'begins again with an overflow when the system has lost events',
    inFolder(async (folder) => {
      using _ = pretend(platform);
      fs.mkdirSync(folder.join('a').toString());
      await using events = watchTree(folder);
      report(folder, 'rename', null);
      expect(await next(events, 1)).toEqual(['overflow']);
      touch(folder.join('a', 'x'));
      report(folder.join('a'), 'rename', 'x');
      expect(await next(events, 1)).toEqual(['created x']);
      expect(open()).toHaveLength(1);
    }),
  );
});

it.each([
  ['on macOS, / is not watched, since its links cannot change', 'darwin', '/', []],
  ['on macOS, other directories with links are watched', 'darwin', '/private', ['/private']],
  ['elsewhere, / is watched', 'linux', '/', ['/']],
] as const)('%s', (_, platform, path, watched) => {
  using _platform = pretend(platform);
  watchIfAllowed(path, () => {});
  expect(watchers.map((each) => each.path)).toEqual(watched);
});
