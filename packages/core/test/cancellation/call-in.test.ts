import { expect, it } from '@jest/globals';
import { CancelScope, openNursery } from '@tercet/core';
import { testRun } from '@tercet/testing';

it(
  'a body begins at once, synchronously, at every depth that is written by hand',
  testRun(async () => {
    const begun: string[] = [];
    const promise = new CancelScope().run(() => {
      begun.push('scope');
      return openNursery(() => {
        begun.push('nursery');
        return new CancelScope().run(() => begun.push('inner scope'));
      });
    });
    expect(begun).toEqual(['scope', 'nursery', 'inner scope']);
    await promise;
  }),
);

it(
  'scopes and nurseries may be nested by the thousand, and bodies that throw at once do not change that',
  testRun(async () => {
    const nest = (depth: number): Promise<unknown> =>
      depth === 0 ? Promise.resolve('bottom') : openNursery(() => new CancelScope().run(() => nest(depth - 1)));
    for (let i = 0; i < 300; i++) {
      await new CancelScope()
        .run(() => {
          throw new Error('at once');
        })
        .catch(() => undefined);
    }
    expect(await nest(5000)).toBe('bottom');
  }),
);
