import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { groupIsAlive, signalGroup } from '../../src/process/process-group.ts';
import { startProgram } from '../programs/program.ts';

let folder = '';
const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;

/** Says that this is another system. */
function pretend(value: NodeJS.Platform): void {
  Object.defineProperty(process, 'platform', { ...platform, value });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tercet-systems-'));
});

afterEach(() => {
  Object.defineProperty(process, 'platform', platform);
  rmSync(folder, { recursive: true });
});

/** Says that it runs on Windows as soon as everything is loaded. */
const ON_WINDOWS = `
  import { moveOnAfter, run } from '@tercet/core';
  import { runProcess } from '@tercet/proc';
  Object.defineProperty(process, 'platform', { value: 'win32' });
  await run(async () => {
    await moveOnAfter(200, () => runProcess('sh', ['-c', 'sleep 1000 & wait'], { killTree: true, gracePeriod: 60_000 }));
    console.log('ended');
  });
`;

it('on Windows a cancelled call with killTree ends the tree by taskkill', async () => {
  const taskkill = join(folder, 'taskkill');
  writeFileSync(taskkill, `#!/bin/sh\necho "$@" > ${folder}/arguments\nkill -s KILL -- "-$2"\n`);
  chmodSync(taskkill, 0o755);
  const program = startProgram(ON_WINDOWS, { env: { PATH: [folder, process.env['PATH']].join(delimiter) } });
  const { stdout, stderr } = await program.ended;
  expect({ stdout, stderr }).toEqual({ stdout: 'ended\n', stderr: '' });
  expect(readFileSync(join(folder, 'arguments'), 'utf8')).toMatch(/^\/PID \d+ \/T \/F\n$/);
}, 120_000);

it('on macOS a group that has nothing but zombies, and may not be signalled, is not alive', () => {
  pretend('darwin');
  jest.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
  });
  expect(signalGroup(2 ** 30, 'SIGTERM')).toBe(false);
  expect(groupIsAlive(2 ** 30)).toBe(false);
  pretend('linux');
  expect(() => signalGroup(2 ** 30, 'SIGTERM')).toThrow('EPERM');
});
