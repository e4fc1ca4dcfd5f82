import { expect, it } from '@jest/globals';
import { CancelScope, sleepForever } from '@tercet/core';
import { testRun } from '@tercet/testing';
import { closeForcefully } from '../../src/index.ts';
import { closesAtOnce } from '../../src/lowlevel.ts';
import { RecordingSendStream } from '../fake-streams.ts';

it(
  'closes in a cancelled scope, so that close() does not wait',
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
  'throws the error of close()',
  testRun(async () => {
    const stream = new RecordingSendStream();
    stream.closeError = new Error('no');
    await expect(closeForcefully(stream)).rejects.toBe(stream.closeError);
  }),
);

it(
  'closes and throws Cancelled when the caller is cancelled',
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

class AtOnce {
  static {
    closesAtOnce<AtOnce>(this, (resource) => void resource.record.push('at once'));
  }

  readonly record: string[] = [];

  async close(): Promise<void> {
    this.record.push('close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

it(
  'closes in one step if the class allows it',
  testRun(async () => {
    const resource = new AtOnce();
    await closeForcefully(resource);
    expect(resource.record).toEqual(['at once']);
  }),
);

it(
  'throws Cancelled after closing in one step, too',
  testRun(async () => {
    const resource = new AtOnce();
    let after = false;
    const scope = new CancelScope();
    scope.cancel();
    await scope.run(async () => {
      await closeForcefully(resource);
      after = true;
    });
    expect(resource.record).toEqual(['at once']);
    expect(after).toBe(false);
  }),
);

it(
  'calls the close() of a subclass that overrides it',
  testRun(async () => {
    class Subclass extends AtOnce {
      override async close(): Promise<void> {
        this.record.push('close of the subclass');
      }
    }
    const resource = new Subclass();
    await closeForcefully(resource);
    expect(resource.record).toEqual(['close of the subclass']);
  }),
);
