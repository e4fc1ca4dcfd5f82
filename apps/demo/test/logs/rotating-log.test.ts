import { expect, it } from '@jest/globals';
import { Path, openTemporaryDirectory } from '@tercet/fs';
import { testRun } from '@tercet/testing';
import { RotatingLog } from '../../src/logs/rotating-log.ts';

it(
  'a log that would grow too large is put aside, and the oldest one goes',
  testRun(async () => {
    await using folder = await openTemporaryDirectory();
    const path = new Path(folder.path.toString(), 'a.log');
    const log = await RotatingLog.open(path, { size: 10, keep: 2 });
    for (const text of ['one\n', 'two\n', 'three\n', 'four\n', 'longer than all\n', 'six\n']) {
      await log.write(Buffer.from(text));
    }
    await log.close();
    const texts = await Promise.all(['a.log', 'a.log.1', 'a.log.2'].map((name) => path.withName(name).readText()));
    expect(texts).toEqual(['six\n', 'longer than all\n', 'four\n']);
    expect(await path.withName('a.log.3').exists()).toBe(false);
  }),
);

it(
  'a log that is opened again goes on where it was',
  testRun(async () => {
    await using folder = await openTemporaryDirectory();
    const path = new Path(folder.path.toString(), 'a.log');
    for (const text of ['one\n', 'two\n', 'three\n']) {
      const log = await RotatingLog.open(path, { size: 10, keep: 1 });
      await log.write(Buffer.from(text));
      await log.close();
    }
    expect(await path.readText()).toBe('three\n');
    expect(await path.withName('a.log.1').readText()).toBe('one\ntwo\n');
  }),
);
