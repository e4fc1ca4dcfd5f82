import { expect, it } from '@jest/globals';
import { CancelScope, sleepForever } from '@tercet/core';
import { testRun } from '@tercet/testing';
import { closeForcefully } from '../src/index.ts';
import { RecordingSendStream } from './fake-streams.ts';

it(
  'closes in a cancelled scope, so that nothing is waited for',
  testRun(async () => {
    const record: string[] = [];
    await closeForcefully({
      async close() {
        record.push('close');
        await sleepForever();
      },
      async [Symbol.asyncDispose]() {},
    });
    expect(record).toEqual(['close']);
  }),
);

it(
  'lets the error of the resource out',
  testRun(async () => {
    const stream = new RecordingSendStream();
    stream.closeError = new Error('no');
    await expect(closeForcefully(stream)).rejects.toBe(stream.closeError);
  }),
);

it(
  'closes also when the caller is cancelled, and throws Cancelled then',
  testRun(async () => {
    const stream = new RecordingSendStream();
    const scope = new CancelScope();
    scope.cancel();
    let after = false;
    await scope.run(async () => {
      await closeForcefully(stream);
      after = true;
    });
    expect(stream.record).toEqual(['close']);
    expect(after).toBe(false);
  }),
);
