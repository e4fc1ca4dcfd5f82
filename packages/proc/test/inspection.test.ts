import { inspect } from 'node:util';
import { expect, it } from '@jest/globals';
import { openNursery } from '@tercet/core';
import * as proc from '../src/index.ts';
import { realTimeRun } from './real-time-run.ts';

it(
  'util.inspect shows a receiver of signals with the signals that wait in it',
  realTimeRun(async () => {
    const receiver = proc.openSignalReceiver('SIGUSR2', 'SIGHUP');
    expect(inspect(receiver)).toBe('<SignalReceiver SIGUSR2, SIGHUP: 0 pending>');
    receiver[Symbol.dispose]();
    expect(inspect(receiver)).toBe('<SignalReceiver SIGUSR2, SIGHUP: closed>');
  }),
);

it(
  'util.inspect shows the streams of a process and of this program by their names',
  realTimeRun(async () => {
    await openNursery(async (nursery) => {
      const process = await nursery.start<proc.Process>((taskStatus) =>
        proc.runProcess('cat', [], { stdin: 'pipe', stdout: 'pipe', taskStatus }),
      );
      expect(inspect(process.stdout)).toBe('<ReceiveStream of stdout of cat>');
      await process.stdin!.close();
    });
    expect(inspect(proc.openStdin())).toBe("<ReceiveStream of this program's stdin>");
    expect(inspect(proc.openStderr())).toBe("<SendStream of this program's stderr>");
  }),
);

const errors = Object.entries<unknown>(proc).filter(([, value]) =>
  Object.prototype.isPrototypeOf.call(Error, value as object),
);

it.each(errors)('the name of %s does not depend on a minifier', (name, type) => {
  expect(Object.getOwnPropertyDescriptor((type as typeof Error).prototype, 'name')?.value).toBe(name);
});
