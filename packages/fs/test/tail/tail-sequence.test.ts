import {
  appendFileSync,
  fstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  abandonable,
  BusyResourceError,
  CancelScope,
  Cancelled,
  failAfter,
  moveOnAfter,
  openNursery,
  sleep,
} from '@tercet/core';
import { currentStatistics, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import type { Path, TailOptions } from '@tercet/fs';
import { ReceiveLimitError } from '@tercet/streams';
import { collect, inFolder } from '../support/in-folder.ts';
import { rest } from '../../src/steps/steps.ts';
import { TailedFile } from '../../src/tail/tailed-file.ts';
import type { Begin } from '../../src/tail/tailed-file.ts';

/** The next lines. */
async function next(lines: AsyncIterator<string>, count: number): Promise<string[]> {
  const got: string[] = [];
  await failAfter(20_000, async () => {
    while (got.length < count) {
      const { done, value } = await lines.next();
      if (done === true) break;
      got.push(value);
    }
  });
  return got;
}

/** Fails if there is a line while all tasks of the run wait for something to happen. */
async function expectNoLine(lines: AsyncIterator<string>, meanwhile: () => unknown = () => undefined): Promise<void> {
  await openNursery(async (nursery) => {
    const step = nursery.startSoon(() => lines.next());
    await waitAllTasksBlocked(20);
    meanwhile();
    await waitAllTasksBlocked(20);
    expect(step.state).toBe('running');
    // The iterator ends with the cancellation, so this is the last thing a test does with it.
    step.cancel();
  });
}

/** The open descriptors of a file of this process. */
function descriptorsOf(path: Path): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(path.toString());
    } catch {
      return false;
    }
  }).length;
}

describe('tail of a file that is not followed', () => {
  it.each<[string, string, TailOptions | undefined, string[]]>([
    [
      'the last ten lines',
      '1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n',
      undefined,
      ['2', '3', '4', '5', '6', '7', '8', '9', '10', '11'],
    ],
    ['fewer, if there are not as many', 'a\nb\n', undefined, ['a', 'b']],
    ['as many as wanted', 'a\nb\nc\n', { lines: 2 }, ['b', 'c']],
    ['a last line without a line end', 'a\nb\nc', { lines: 2 }, ['b', 'c']],
    ['empty lines', 'a\n\n\n', { lines: 2 }, ['', '']],
    ['lines with CR LF', 'a\r\nb\r\n', { lines: 2 }, ['a', 'b']],
    ['the only line', 'a', { lines: 1 }, ['a']],
    ['only the first line, when it is empty', '\n', { lines: 1 }, ['']],
    ['nothing of an empty file', '', undefined, []],
    ['nothing, when no lines are wanted', 'a\nb', { lines: 0 }, []],
    ['nothing from the end', 'a\nb', { from: 'end' }, []],
    ['the last lines before the end', 'a\nb\n', { from: 'end', lines: 1 }, ['b']],
    ['all lines from the start', 'a\nb\nc', { from: 'start' }, ['a', 'b', 'c']],
    ['all lines', 'a\nb\nc', { lines: Infinity }, ['a', 'b', 'c']],
    ['the first line without its byte order mark', '\uFEFFa\n\uFEFFb', { from: 'start' }, ['a', '\uFEFFb']],
    ['a byte order mark that is not at the start', 'a\n\uFEFFb', { lines: 1 }, ['\uFEFFb']],
  ])('N/A: gives %s', (_, text, options, expected) =>
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), text);
      expect(await collect(path.tail(options))).toEqual(expected);
    })(),
  );

  it(
    'N/A: finds lines that are longer than what is read at a time, and characters that lie across its limits',
    inFolder(async (folder) => {
      const path = folder.join('log');
      const lines = ['first', 'ä'.repeat(70_000), '€'.repeat(50_000), '😀'.repeat(40_000), 'x'];
      writeFileSync(path.toString(), `${lines.join('\n')}\n`);
      for (const count of [1, 2, 3, 4, 5, 6]) {
        expect(await collect(path.tail({ lines: count }))).toEqual(lines.slice(-count));
      }
    }),
  );

  it(
    'N/A: reads files that the kernel generates',
    inFolder(async (folder) => {
      const path = folder.join('/proc/filesystems');
      const lines = readFileSync(path.toString(), 'utf8').trimEnd().split('\n');
      expect(await collect(path.tail({ lines: 3 }))).toEqual(lines.slice(-3));
    }),
  );

  it(
    'N/A: replaces bytes that are not UTF-8',
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), Buffer.from('a\xff\nb\n', 'latin1'));
      expect(await collect(path.tail())).toEqual(['a\uFFFD', 'b']);
    }),
  );

  it(
    'N/A: refuses a line that is too long, with the path',
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), `short\n${'x'.repeat(100)}\n`);
      const lines = path.tail({ maxLine: 10 });
      expect(await next(lines, 1)).toEqual(['short']);
      const failed = lines.next();
      await expect(failed).rejects.toThrow(ReceiveLimitError);
      await expect(failed).rejects.toThrow(`cannot tail ${path.toString()}: a line is longer than the 10 bytes`);
      expect(descriptorsOf(path)).toBe(0);
    }),
  );

  it(
    'N/A: refuses wrong options at the call',
    inFolder(async (folder) => {
      for (const wrong of [
        { from: 'middle' },
        { follow: 'nobody' },
        { follow: true },
        { lines: -1 },
        { lines: 1.5 },
        { lines: NaN },
        { from: 'start', lines: 3 },
        { maxLine: 0 },
      ]) {
        expect(() => folder.tail(wrong as never)).toThrow(RangeError);
      }
    }),
  );
});

describe('tail of a file that is followed', () => {
  it.each<[string, TailOptions, string[]]>([
    ['the last ten and', { follow: 'name' }, ['old', 'more']],
    ['the last one and', { follow: 'name', lines: 1 }, ['more']],
    ['none of the old and', { follow: 'name', from: 'end' }, []],
    ['all old and', { follow: 'name', from: 'start' }, ['old', 'more']],
    ['the last one and', { follow: 'file', lines: 1 }, ['more']],
    ['none of the old and', { follow: 'file', from: 'end' }, []],
  ])('N/A: gives %s those that are appended: %j', (_, options, first) =>
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), 'old\nmore\n');
      await using lines = path.tail(options);
      // From the call on, not from the first step.
      appendFileSync(path.toString(), 'new\n');
      expect(await next(lines, first.length + 1)).toEqual([...first, 'new']);
      appendFileSync(path.toString(), 'a\nb\n');
      expect(await next(lines, 2)).toEqual(['a', 'b']);
      await expectNoLine(lines);
    })(),
  );

  it(
    'N/A: holds back a line until its end is written, also one that was begun before the call',
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), 'old\nbegun');
      await using lines = path.tail({ from: 'end', follow: 'name' });
      await openNursery(async (nursery) => {
        const step = nursery.startSoon(() => lines.next());
        await waitAllTasksBlocked(20);
        appendFileSync(path.toString(), ', continued');
        await waitAllTasksBlocked(20);
        expect(step.state).toBe('running');
        appendFileSync(path.toString(), ', ended\nnext');
        expect((await step.result()).value).toBe('begun, continued, ended');
      });
      await expectNoLine(lines);
    }),
  );

  it(
    'N/A: puts together characters whose bytes are written apart',
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), '');
      await using lines = path.tail({ follow: 'name' });
      await openNursery(async (nursery) => {
        const step = nursery.startSoon(() => lines.next());
        for (const byte of Buffer.from('ä€😀\n')) {
          await waitAllTasksBlocked(5);
          appendFileSync(path.toString(), Buffer.of(byte));
        }
        expect((await step.result()).value).toBe('ä€😀');
      });
    }),
  );

  it(
    'N/A: waits for a file that does not exist yet, and for its folder, and gives all of its lines',
    inFolder(async (folder) => {
      const path = folder.join('sub', 'log');
      await using lines = path.tail({ from: 'end', follow: 'name' });
      await openNursery(async (nursery) => {
        const step = nursery.startSoon(() => next(lines, 2));
        await waitAllTasksBlocked(5);
        mkdirSync(folder.join('sub').toString());
        await sleep(300);
        writeFileSync(path.toString(), 'one\ntwo\n');
        expect(await step.result()).toEqual(['one', 'two']);
      });
    }),
  );

  it(
    'N/A: goes on with the file that has taken the place of a renamed one, after the last line of that',
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), 'old\n');
      await using lines = path.tail({ follow: 'name' });
      expect(await next(lines, 1)).toEqual(['old']);
      appendFileSync(path.toString(), 'last\nwithout an end');
      renameSync(path.toString(), folder.join('log.1').toString());
      writeFileSync(path.toString(), 'new\n');
      expect(await next(lines, 3)).toEqual(['last', 'without an end', 'new']);
      expect(descriptorsOf(folder.join('log.1'))).toBe(0);
      appendFileSync(path.toString(), 'newer\n');
      expect(await next(lines, 1)).toEqual(['newer']);
    }),
  );

  it(
    'N/A: gives what the writer still appends to the renamed file, before the first line of the new one',
    inFolder(async (folder) => {
      const path = folder.join('log');
      const renamed = folder.join('log.1');
      writeFileSync(path.toString(), 'old\n');
      await using lines = path.tail({ follow: 'name' });
      expect(await next(lines, 1)).toEqual(['old']);
      await openNursery(async (nursery) => {
        const step = nursery.startSoon(() => next(lines, 2));
        renameSync(path.toString(), renamed.toString());
        writeFileSync(path.toString(), '');
        await waitAllTasksBlocked(20);
        appendFileSync(renamed.toString(), 'late\n');
        appendFileSync(path.toString(), 'new\n');
        expect(await step.result()).toEqual(['late', 'new']);
      });
    }),
  );

  it(
    'N/A: follows a file through many rotations, and loses no line of a writer that looks on',
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), 'begin\n');
      await using lines = path.tail({ follow: 'name' });
      expect(await next(lines, 1)).toEqual(['begin']);
      for (let i = 0; i < 20; i++) {
        appendFileSync(path.toString(), `${i} a\n${i} b`);
        renameSync(path.toString(), folder.join('log.1').toString());
        writeFileSync(path.toString(), `${i} c\n`);
        expect(await next(lines, 3)).toEqual([`${i} a`, `${i} b`, `${i} c`]);
      }
    }),
  );

  it.each(['name', 'file'] as const)(
    'N/A: reads a truncated file from its beginning, and gives the line that was begun: follow %s',
    (follow) =>
      inFolder(async (folder) => {
        const path = folder.join('log');
        writeFileSync(path.toString(), 'one\ntwo\nbegun');
        await using lines = path.tail({ follow });
        expect(await next(lines, 2)).toEqual(['one', 'two']);
        await openNursery(async (nursery) => {
          const step = nursery.startSoon(() => next(lines, 2));
          await waitAllTasksBlocked(20);
          truncateSync(path.toString());
          appendFileSync(path.toString(), 'new\n');
          expect(await step.result()).toEqual(['begun', 'new']);
        });
        writeFileSync(path.toString(), 'x\n');
        expect(await next(lines, 1)).toEqual(['x']);
      })(),
  );

  it(
    'N/A: waits while the file is gone, and takes the next one of its name, also over a link that is turned',
    inFolder(async (folder) => {
      const link = folder.join('current');
      writeFileSync(folder.join('a').toString(), 'a1\n');
      writeFileSync(folder.join('b').toString(), 'b1\n');
      symlinkSync('a', link.toString());
      await using lines = link.tail({ follow: 'name' });
      expect(await next(lines, 1)).toEqual(['a1']);
      symlinkSync('b', folder.join('tmp').toString());
      renameSync(folder.join('tmp').toString(), link.toString());
      expect(await next(lines, 1)).toEqual(['b1']);
      appendFileSync(folder.join('b').toString(), 'b2\n');
      expect(await next(lines, 1)).toEqual(['b2']);
      await openNursery(async (nursery) => {
        const step = nursery.startSoon(() => next(lines, 1));
        await waitAllTasksBlocked(20);
        unlinkSync(link.toString());
        await waitAllTasksBlocked(20);
        expect(step.state).toBe('running');
        writeFileSync(link.toString(), 'c1\n');
        expect(await step.result()).toEqual(['c1']);
      });
    }),
  );

  it(
    'N/A: with follow file, stays with a file that is renamed, and does not take another one of its name',
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), 'old\n');
      await using lines = path.tail({ follow: 'file' });
      expect(await next(lines, 1)).toEqual(['old']);
      renameSync(path.toString(), folder.join('moved').toString());
      writeFileSync(path.toString(), 'of another file\n');
      appendFileSync(folder.join('moved').toString(), 'new\n');
      expect(await next(lines, 1)).toEqual(['new']);
      await expectNoLine(lines, () => appendFileSync(path.toString(), 'more\n'));
    }),
  );

  it(
    'N/A: with follow file, a file that does not exist is an error',
    inFolder(async (folder) => {
      await expect(folder.join('log').tail({ follow: 'file' }).next()).rejects.toMatchObject({ code: 'ENOENT' });
    }),
  );

  it(
    'N/A: a relative path keeps its meaning when the working directory changes',
    inFolder(async (folder) => {
      const before = process.cwd();
      process.chdir(folder.toString());
      try {
        writeFileSync('log', 'here\n');
        mkdirSync('sub');
        const path = folder.relativeTo(folder).join('log');
        await using lines = path.tail({ follow: 'name' });
        process.chdir('sub');
        expect(await next(lines, 1)).toEqual(['here']);
      } finally {
        process.chdir(before);
      }
    }),
  );

  it(
    'N/A: looks at the file now and then if its folder can no longer be watched, and watches again when it can',
    inFolder(async (folder) => {
      const path = folder.join('sub', 'log');
      mkdirSync(folder.join('sub').toString());
      writeFileSync(path.toString(), 'one\n');
      await using lines = path.tail({ follow: 'name' });
      expect(await next(lines, 1)).toEqual(['one']);
      for (const line of ['two', 'three']) {
        rmSync(folder.join('sub').toString(), { recursive: true });
        await openNursery(async (nursery) => {
          const step = nursery.startSoon(() => next(lines, 1));
          await sleep(50);
          mkdirSync(folder.join('sub').toString());
          writeFileSync(path.toString(), `${line}\n`);
          expect(await step.result()).toEqual([line]);
        });
      }
    }),
  );

  it(
    'N/A: does not poll a file that can be watched',
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), 'one\n');
      await using lines = path.tail({ follow: 'name' });
      expect(await next(lines, 1)).toEqual(['one']);
      await openNursery(async (nursery) => {
        nursery.startSoon(() => lines.next());
        await waitAllTasksBlocked(20);
        // Without a deadline, nothing but an event can wake the task.
        expect(currentStatistics().timeToNextDeadline).toBe(Infinity);
        nursery.cancelScope.cancel();
      });
    }),
  );
});

describe('the resources of tail', () => {
  it(
    'N/A: nothing is open before the first step',
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), 'one\n');
      path.tail({ follow: 'name' });
      expect(descriptorsOf(path)).toBe(0);
    }),
  );

  it(
    'N/A: are released when the first step is cancelled while it looks for the last lines',
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), 'one\n');
      const scope = new CancelScope();
      const begin: Begin = function* () {
        scope.cancel();
        yield* rest();
        return 0;
      };
      await scope.run(() => TailedFile.open(path.toString(), 'tail', begin, {}));
      expect([scope.cancelledCaught, descriptorsOf(path)]).toEqual([true, 0]);
    }),
  );

  it.each(['name', 'file'] as const)(
    'N/A: are released when the loop is left, when a step is cancelled, and at the end of a block: follow %s',
    (follow) =>
      inFolder(async (folder) => {
        const path = folder.join('log');
        writeFileSync(path.toString(), 'one\ntwo\n');
        // A watcher closes at the end of this turn of the event loop.
        const watchers = async (): Promise<number> => {
          for (let turn = 0; turn < 2; turn++) await abandonable(new Promise((resolve) => setImmediate(resolve)));
          return process.getActiveResourcesInfo().filter((kind) => /FSEvent/.test(kind)).length;
        };
        const before = await watchers();
        for await (const line of path.tail({ follow })) {
          expect(line).toBe('one');
          expect(descriptorsOf(path)).toBe(1);
          break;
        }
        expect([descriptorsOf(path), await watchers()]).toEqual([0, before]);

        const cancelled = await moveOnAfter(50, async () => {
          for await (const _ of path.tail({ follow }));
        });
        expect([cancelled, descriptorsOf(path), await watchers()]).toEqual([undefined, 0, before]);

        await new CancelScope().run(async (scope) => {
          await using lines = path.tail({ follow });
          await lines.next();
          scope.cancel();
          await expect(lines.next()).rejects.toThrow(Cancelled);
        });
        expect([descriptorsOf(path), await watchers()]).toEqual([0, before]);
      })(),
  );

  it(
    'N/A: are released by another task while a step waits, and the step ends',
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), '');
      const lines = path.tail({ follow: 'name' });
      await openNursery(async (nursery) => {
        const step = nursery.startSoon(() => lines.next());
        await waitAllTasksBlocked(20);
        await expect(lines.next()).rejects.toThrow(BusyResourceError);
        await lines.return?.();
        expect((await step.result()).done).toBe(true);
      });
      expect(descriptorsOf(path)).toBe(0);
    }),
  );

  it(
    'N/A: a descriptor is not closed while it is read',
    inFolder(async (folder) => {
      const path = folder.join('log');
      writeFileSync(path.toString(), 'x\n'.repeat(10_000));
      for (let i = 0; i < 50; i++) {
        const lines = path.tail({ from: 'start', follow: 'name' });
        await openNursery((nursery) => {
          nursery.startSoon(async () => {
            for await (const line of lines) expect(line).toBe('x');
          });
          nursery.startSoon(() => moveOnAfter(i % 5, () => sleep(1000)).then(() => lines.return?.()));
        });
        expect(descriptorsOf(path)).toBe(0);
      }
      expect(() => fstatSync(0)).not.toThrow();
    }),
  );
});
