import { EventEmitter } from 'node:events';
import * as fs from 'node:fs';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { failAfter, openNursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import type { Path, WatchEvent } from '@tercet/fs';
import { pretend } from '../support/pretend.ts';

/** A watcher that reports only what a test lets it report. */
class FakeWatcher extends EventEmitter {
  readonly path: string;
  closed = false;

  constructor(path: string) {
    super();
    this.path = path;
  }

  close(): void {
    this.closed = true;
  }
}

let watchers: FakeWatcher[] = [];

const watch = (path: fs.PathLike): FakeWatcher => {
  const watcher = new FakeWatcher(path.toString());
  watchers.push(watcher);
  return watcher;
};

jest.unstable_mockModule('node:fs', () => ({ ...fs, default: fs, watch }));
const { inFolder } = await import('../support/in-folder.ts');

beforeEach(() => {
  watchers = [];
});

/** Lets the watchers of a directory report an event, as the system would. */
function report(directory: Path, kind: 'rename' | 'change', name: string | null): void {
  const open = watchers.filter(({ path, closed }) => path === directory.toString() && !closed);
  expect(open).not.toEqual([]);
  for (const watcher of open) watcher.emit('change', kind, name === null ? null : Buffer.from(name));
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
