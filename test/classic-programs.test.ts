// The programs by which structured concurrency is usually explained, each as a test across the packages.
import { ContextVar } from '@tercet/context';
import { currentTime, failAfter, moveOnAfter, openNursery, run, sleep, TooSlowError } from '@tercet/core';
import { openTcpStream, serveTcp } from '@tercet/net';
import type { SocketListener, SocketStream } from '@tercet/net';
import { openMemoryChannel } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { describe, expect, it } from '@jest/globals';

describe('the classic programs', () => {
  it(
    'two sleepers in a nursery take the time of one',
    testRun(async () => {
      const begin = currentTime();
      await openNursery((nursery) => {
        nursery.startSoon(sleep, 1000);
        nursery.startSoon(sleep, 1000);
      });
      expect(currentTime() - begin).toBe(1000);
    }),
  );

  it(
    'moveOnAfter around a sleep ends it in time, and the program goes on',
    testRun(async () => {
      const begin = currentTime();
      const finished = await moveOnAfter(1000, async () => {
        await sleep(100_000);
        return true;
      });
      expect(finished).toBeUndefined();
      expect(currentTime() - begin).toBe(1000);
    }),
  );

  it(
    'failAfter around a nursery ends all of its tasks',
    testRun(async () => {
      const ended: string[] = [];
      const worker = async (name: string): Promise<void> => {
        try {
          await sleep(100_000);
        } finally {
          ended.push(name);
        }
      };
      await expect(
        failAfter({ seconds: 1 }, () =>
          openNursery((nursery) => {
            nursery.startSoon(worker, 'a');
            nursery.startSoon(worker, 'b');
          }),
        ),
      ).rejects.toThrow(TooSlowError);
      expect(ended).toEqual(['a', 'b']);
    }),
  );

  it(
    'a timeout around startSoon alone, inside the nursery, has no effect on the task',
    testRun(async () => {
      const begin = currentTime();
      let slept = 0;
      await openNursery(async (nursery) => {
        await moveOnAfter(10, () => {
          nursery.startSoon(async () => {
            await sleep(1000);
            slept = currentTime() - begin;
          });
        });
      });
      expect(slept).toBe(1000);
    }),
  );

  it('each connection of a TCP server sees its own id, which no function passes on', async () => {
    const connectionId = new ContextVar<number>('connection id');
    const lines: string[] = [];
    let connections = 0;
    const log = (text: string): void => void lines.push(`${connectionId.get()}: ${text}`);

    async function answer(stream: SocketStream, text: string): Promise<void> {
      log(text);
      await stream.sendAll(`${text} `);
    }
    async function handle(stream: SocketStream): Promise<void> {
      connectionId.set(++connections);
      for await (const chunk of stream) await answer(stream, String(chunk));
      log('end');
    }

    await run(() =>
      openNursery(async (nursery) => {
        const [listener] = await nursery.start<SocketListener[]>((taskStatus) =>
          serveTcp(handle, 0, { host: '127.0.0.1', taskStatus }),
        );
        const ask = async (stream: SocketStream, text: string): Promise<string> => {
          await stream.sendAll(text);
          return String(await stream.receiveSome());
        };
        const first = await openTcpStream('127.0.0.1', listener!.port);
        expect(await ask(first, 'a')).toBe('a ');
        const second = await openTcpStream('127.0.0.1', listener!.port);
        expect(await ask(second, 'b')).toBe('b ');
        expect(await ask(first, 'c')).toBe('c ');
        expect(await ask(second, 'd')).toBe('d ');
        for (const stream of [first, second]) {
          await stream.sendEof();
          expect(await stream.receiveSome()).toBeNull();
          await stream.close();
        }
        nursery.cancelScope.cancel();
      }),
    );
    expect(lines).toEqual(['1: a', '2: b', '1: c', '2: d', '1: end', '2: end']);
  });

  it(
    'producers and consumers share a channel by clones, which ends when the last producer has closed its own',
    testRun(async () => {
      const received: string[] = [];
      await openNursery((nursery) => {
        const [sender, receiver] = openMemoryChannel<string>(1);
        for (const name of ['a', 'b', 'c']) {
          const own = sender.clone();
          nursery.startSoon(async () => {
            using _closes = own;
            for (let number = 0; number < 3; number++) {
              await own.send(`${name}${number}`);
              await sleep(10);
            }
          });
        }
        for (let consumer = 0; consumer < 2; consumer++) {
          const own = receiver.clone();
          nursery.startSoon(async () => {
            using _closes = own;
            for await (const item of own) received.push(item);
          });
        }
        sender.close();
        receiver.close();
      });
      expect(received.sort()).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2', 'c0', 'c1', 'c2']);
    }),
  );
});
