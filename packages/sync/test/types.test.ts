import { expect, it } from '@jest/globals';
import { asSafeChannel, CapacityLimiter, Condition, Lock, openMemoryChannel, Semaphore } from '@tercet/sync';
import type {
  MemoryReceiveChannel,
  MemorySendChannel,
  ReceiveChannel,
  SendChannel,
  StrictFIFOLock,
} from '@tercet/sync';

// The type check reads these functions; they are never called.

async function compiles(lock: Lock, strict: StrictFIFOLock): Promise<unknown[]> {
  const [send, receive] = openMemoryChannel<string | number>(1);
  const narrower: SendChannel<string> = send;
  const narrowerHandle: MemorySendChannel<string> = send;
  const wider: ReceiveChannel<string | number | boolean> = receive;
  const item: string | number = await receive.receive();
  for await (const each of receive) takes(each);
  using _ = send;
  await using __ = receive;
  using held = await lock.acquire();
  const value: number = await new Semaphore(1).run(async () => 1);
  const sync: string = await new CapacityLimiter(1).run(() => 'text');
  const range = asSafeChannel(async function* (from: number, to: number) {
    for (let number = from; number < to; number++) yield number;
  });
  const sum: number = await range(0, 10, async (channel) => {
    let total = 0;
    for await (const number of channel) total += number;
    return total;
  });
  return [narrower, narrowerHandle, wider, item, held, value, sync, sum, new Condition(lock), new Condition(strict)];
}

async function doesNotCompile(lock: Lock): Promise<unknown[]> {
  const [send, receive] = openMemoryChannel<string>(1);
  // @ts-expect-error: the size of the buffer has no default
  openMemoryChannel<string>();
  // @ts-expect-error: another type of item
  await send.send(1);
  // @ts-expect-error: another type of item
  send.sendNowait(1);
  // @ts-expect-error: it sends more than the channel takes
  const wider: SendChannel<string | number> = send;
  // @ts-expect-error: the same for the handle itself
  const widerHandle: MemorySendChannel<string | number> = send;
  // @ts-expect-error: it expects less than the channel gives
  const narrower: ReceiveChannel<'a' | 'b'> = receive;
  // @ts-expect-error: the ends are not the same
  const wrongEnd: MemoryReceiveChannel<string> = send;
  // @ts-expect-error: a lock is held for a block, it is not itself what ends with the block
  using _ = lock;
  // @ts-expect-error: `using` wants what acquire() promises, not the promise
  using __ = lock.acquire();
  // @ts-expect-error: a promise is not a function
  await lock.run(Promise.resolve());
  // @ts-expect-error: a condition has a lock, not just anything that can be acquired
  new Condition(new Semaphore(1)).notify();
  // @ts-expect-error: the body comes last, and there is always one
  await asSafeChannel(async function* () {
    yield 1;
  })();
  const range = asSafeChannel(async function* (from: number) {
    yield from;
  });
  // @ts-expect-error: the generator takes a number
  await range('0', (channel) => channel.receive());
  // @ts-expect-error: the channel gives numbers
  const item: string = await range(0, (channel) => channel.receive());
  return [wider, widerHandle, narrower, wrongEnd, item];
}

function takes(_item: string | number): void {}

it('has types that the compiler holds', () => {
  expect([compiles, doesNotCompile]).toHaveLength(2);
});
