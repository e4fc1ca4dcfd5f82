import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Path } from '@tercet/fs';
import { testRun } from '@tercet/testing';
import { LogFolder } from '../../src/logs/log-folder.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobd-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const rotation = { size: 10, keep: 1 };
const kinds = [
  ['that grow', undefined],
  ['that rotate', rotation],
] as const;

async function write(path: string, text: string, rotate?: typeof rotation): Promise<void> {
  const log = await (await LogFolder.open(new Path(path), rotate)).openLog('a');
  try {
    await log.write(Buffer.from(text));
  } finally {
    await log.close();
  }
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

it.each(kinds)('R-10: only their user can read logs %s, and their folder', (_, rotate) =>
  testRun(async () => {
    const logs = join(folder, 'deep', 'logs');
    for (const text of ['0123456789', 'abc']) await write(logs, text, rotate);
    const files = rotate === undefined ? ['a.log'] : ['a.log', 'a.log.1'];
    expect(files.map((name) => modeOf(join(logs, name)))).toEqual(files.map(() => 0o600));
    expect(modeOf(logs)).toBe(0o700);
  })(),
);

it.each(kinds)('R-10: logs %s and were open to others before are so no more', (_, rotate) =>
  testRun(async () => {
    writeFileSync(join(folder, 'a.log'), 'old');
    chmodSync(join(folder, 'a.log'), 0o644);
    await write(folder, ' new', rotate);
    expect([readFileSync(join(folder, 'a.log'), 'utf8'), modeOf(join(folder, 'a.log'))]).toEqual(['old new', 0o600]);
  })(),
);

it.each(kinds)('R-17: a link in the place of logs %s is not followed', (_, rotate) =>
  testRun(async () => {
    const logs = join(folder, 'logs');
    mkdirSync(logs);
    writeFileSync(join(folder, 'victim'), 'mine');
    symlinkSync('../victim', join(logs, 'a.log'));
    await expect(write(logs, 'x', rotate)).rejects.toThrow(/a\.log is a symbolic link, and not written to$/);
    rmSync(join(logs, 'a.log'));
    symlinkSync('../new', join(logs, 'a.log'));
    await expect(write(logs, 'x', rotate)).rejects.toThrow(/symbolic link/);
    expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('mine');
    expect(statSync(join(folder, 'new'), { throwIfNoEntry: false })).toBeUndefined();
  })(),
);

it.each(kinds)('R-17: a pipe or a device in the place of logs %s is refused, and not waited for', (_, rotate) =>
  testRun(async () => {
    execFileSync('mkfifo', [join(folder, 'a.log')]);
    await expect(write(folder, 'x', rotate)).rejects.toThrow(/ENXIO|not a regular file/);
  })(),
);
