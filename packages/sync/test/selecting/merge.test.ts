import { describe, expect, it } from '@jest/globals';
import { ClosedResourceError, moveOnAfter, openNursery, sleep } from '@tercet/core';
import { merge, openMemoryChannel } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { thrownBy } from '../thrown-by.ts';

describe('merge', () => {
  it(
    'gives the items of all channels as they come, until all have ended',
    testRun(async () => {
      const [sendA, receiveA] = openMemoryChannel<string>(0);
      const [sendB, receiveB] = openMemoryChannel<string>(0);
      const seen: string[] = [];
      await openNursery((nursery) => {
        nursery.startSoon(async () => {
          using _ = sendA;
          for (const item of ['a1', 'a2', 'a3']) {
            await sleep(10);
            await sendA.send(item);
          }
        });
        nursery.startSoon(async () => {
          using _ = sendB;
          await sleep(15);
          await sendB.send('b1');
        });
        nursery.startSoon(async () => {
          for await (const item of merge(receiveA, receiveB)) seen.push(item);
        });
      });
      expect(seen).toEqual(['a1', 'b1', 'a2', 'a3']);
    }),
  );

  it(
    'loses nothing when the loop is left or cancelled',
    testRun(async () => {
      const [sendA, receiveA] = openMemoryChannel<number>(4);
      const [sendB, receiveB] = openMemoryChannel<number>(4);
      for (const number of [1, 2, 3]) {
        sendA.sendNowait(number);
        sendB.sendNowait(10 * number);
      }
      const seen: number[] = [];
      for await (const item of merge(receiveA, receiveB)) if (seen.push(item) === 2) break;
      await moveOnAfter(10, async () => {
        for await (const item of merge(receiveA, receiveB)) seen.push(item);
      });
      expect(seen.sort((a, b) => a - b)).toEqual([1, 2, 3, 10, 20, 30]);
      sendA.sendNowait(4);
      expect(await receiveA.receive()).toBe(4);
    }),
  );

  it(
    'does not let a channel that always has items keep out the others',
    testRun(async () => {
      const [sendA, receiveA] = openMemoryChannel<string>(100);
      const [sendB, receiveB] = openMemoryChannel<string>(1);
      for (let i = 0; i < 100; i++) sendA.sendNowait('busy');
      sendB.sendNowait('quiet');
      let before = 0;
      for await (const item of merge(receiveA, receiveB)) {
        if (item === 'quiet') break;
        before++;
      }
      expect(before).toBeLessThanOrEqual(1);
    }),
  );

  it(
    'ends at once without channels, and fails with a handle that is closed',
    testRun(async () => {
      for await (const _ of merge()) throw new Error('there is nothing');
      const [, receive] = openMemoryChannel<string>(0);
      receive.close();
      const error = await thrownBy(async () => {
        for await (const _ of merge(receive));
      });
      expect(error).toBeInstanceOf(ClosedResourceError);
      expect(() => merge({} as never)).toThrow(TypeError);
    }),
  );
});
