import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { groupIsAlive, signalGroup } from '../../src/process/process-group.ts';
import { startProgram } from '../programs/program.ts';
import type { Ended } from '../programs/program.ts';

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

/** A program that says that it runs on Windows as soon as everything is loaded. */
const onWindows = (body: string): string => `
  import { moveOnAfter, run, sleep, sleepForever } from '@tercet/core';
  import { main, openSignalReceiver, runProcess } from '@tercet/proc';
  Object.defineProperty(process, 'platform', { value: 'win32' });
  /** Windows cannot send the signals that it reports. */
  const sendNone = () => {
    process.kill = () => { throw Object.assign(new Error('kill ENOSYS'), { code: 'ENOSYS' }); };
  };
  ${body}`;

/** Runs it with a `taskkill` that is this shell script. */
async function endOnWindows(body: string, taskkill: string): Promise<Ended> {
  const file = join(folder, 'taskkill');
  writeFileSync(file, `#!/bin/sh\n${taskkill}\n`);
  chmodSync(file, 0o755);
  return await startProgram(onWindows(body), { env: { PATH: [folder, process.env['PATH']].join(delimiter) } }).ended;
}

const CANCELLED_CALL = `
  await run(() => moveOnAfter(200, () => runProcess('sleep', ['1000'], { killTree: true, gracePeriod: 60_000 })));
  console.log('ended');`;

it('on Windows a cancelled call with killTree ends the tree by taskkill, which outlives this program', async () => {
  const log = join(folder, 'log');
  // The fifth field is the process group: that of a process that does not end with its parent has its own id.
  const { stdout, stderr } = await endOnWindows(
    CANCELLED_CALL,
    `echo "$@" $$ $(cut -d ' ' -f 5 /proc/$$/stat) > ${log}; kill -s KILL "$2"`,
  );
  expect({ stdout, stderr }).toEqual({ stdout: 'ended\n', stderr: '' });
  expect(readFileSync(log, 'utf8')).toMatch(/^\/PID \d+ \/T \/F (\d+) \1\n$/);
}, 120_000);

it('on Windows a call that is cancelled ends also when taskkill fails', async () => {
  const { stdout, stderr } = await endOnWindows(CANCELLED_CALL, 'exit 1');
  expect({ stdout, stderr }).toEqual({ stdout: 'ended\n', stderr: '' });
}, 120_000);

it('on Windows a child with killTree stays in the console of this program', async () => {
  const body = `
    const script = "echo $$ $(cut -d ' ' -f 5 /proc/$$/stat)";
    const { stdoutText } = await run(() => runProcess('sh', ['-c', script], { killTree: true, captureStdout: true }));
    const [pid, group] = stdoutText.trim().split(' ');
    console.log(pid === group ? 'a group without a console' : 'in the same group');`;
  expect((await endOnWindows(body, 'exit 1')).stdout).toBe('in the same group\n');
}, 120_000);

it('on Windows nothing is sent to the id of a process that has ended, which may belong to another one', async () => {
  const log = join(folder, 'log');
  const body = `
    process.kill = () => true;
    await run(() => runProcess('true', [], { killTree: true, gracePeriod: 0 }));
    console.log('ended');`;
  const { stdout, stderr } = await endOnWindows(body, `echo "$@" > ${log}`);
  expect({ stdout, stderr }).toEqual({ stdout: 'ended\n', stderr: '' });
  expect(existsSync(log)).toBe(false);
}, 120_000);

it('on Windows a receiver that closes ends the process for a signal that cannot be sent', async () => {
  const body = `
    sendNone();
    {
      using signals = openSignalReceiver('SIGHUP', 'SIGWINCH');
      process.emit('SIGWINCH', 'SIGWINCH');
    }
    console.log('the size of a window ends nothing');
    using signals = openSignalReceiver('SIGHUP');
    process.emit('SIGHUP', 'SIGHUP');
    signals.close();
    console.log('not reached');`;
  const { code, stdout } = await endOnWindows(body, 'exit 1');
  expect({ code, stdout }).toEqual({ code: 129, stdout: 'the size of a window ends nothing\n' });
}, 120_000);

it('on Windows a second signal ends a program at once, also one that cannot be sent', async () => {
  const body = `
    await main(async () => {
      sendNone();
      process.emit('SIGHUP', 'SIGHUP');
      // A second signal that comes at once is taken for the same one.
      setTimeout(() => process.emit('SIGHUP', 'SIGHUP'), 700);
      try {
        await sleepForever();
      } finally {
        await new Promise(() => setInterval(() => {}, 1000));
      }
    });`;
  expect((await endOnWindows(body, 'exit 1')).code).toBe(129);
}, 120_000);

it('on Windows Ctrl-Break ends a program as Ctrl-C does', async () => {
  const body = `await main(() => console.log(process.listenerCount('SIGBREAK')));`;
  expect((await endOnWindows(body, 'exit 1')).stdout).toBe('1\n');
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
