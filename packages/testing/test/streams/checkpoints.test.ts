import { describe, expect, it } from '@jest/globals';
import { CancelScope, checkpoint, openNursery } from '@tercet/core';
import {
  assertCheckpoints,
  assertNoCheckpoints,
  lockstepStreamPair,
  MemoryReceiveStream,
  MemorySendStream,
  memoryStreamPair,
  memoryStreamPump,
  openStreamToSocketListener,
  Sequencer,
  testRun,
  waitAllTasksBlocked,
} from '@tercet/testing';

// Every operation of this package that is documented as a checkpoint. Some of them wait until another task has called `help`.

interface Case {
  readonly operation: () => Promise<unknown>;
  readonly help?: () => unknown;
}

const sending = (): MemorySendStream => new MemorySendStream();
const holding = (data: string): MemoryReceiveStream => {
  const stream = new MemoryReceiveStream();
  if (data !== '') stream.putData(data);
  return stream;
};

const checkpoints: Record<string, () => Case> = {
  'Sequencer.run': () => {
    const sequencer = new Sequencer();
    return { operation: () => sequencer.run(0, () => undefined) };
  },
  'MemorySendStream.sendAll': () => {
    const stream = sending();
    return { operation: () => stream.sendAll('x') };
  },
  'MemorySendStream.sendAll, nothing': () => {
    const stream = sending();
    return { operation: () => stream.sendAll('') };
  },
  'MemorySendStream.waitSendAllMightNotBlock': () => {
    const stream = sending();
    return { operation: () => stream.waitSendAllMightNotBlock() };
  },
  'MemorySendStream.close': () => {
    const stream = sending();
    return { operation: () => stream.close() };
  },
  'MemorySendStream.getData': () => {
    const stream = sending();
    return { operation: () => stream.getData(), help: () => stream.close() };
  },
  'MemoryReceiveStream.receiveSome': () => {
    const stream = holding('x');
    return { operation: () => stream.receiveSome() };
  },
  'MemoryReceiveStream.receiveSome, at the end': () => {
    const stream = holding('');
    stream.putEof();
    return { operation: () => stream.receiveSome() };
  },
  'MemoryReceiveStream.receiveSome, with data later': () => {
    const stream = holding('');
    return { operation: () => stream.receiveSome(), help: () => stream.putData('x') };
  },
  'MemoryReceiveStream, a step of its iterator': () => {
    const stream = holding('x');
    return { operation: () => stream[Symbol.asyncIterator]().next() };
  },
  'MemoryReceiveStream.close': () => {
    const stream = holding('x');
    return { operation: () => stream.close() };
  },
  'a memory stream, sendEof': () => {
    const [stream] = memoryStreamPair();
    return { operation: () => stream.sendEof() };
  },
  'a lockstep stream, sendAll': () => {
    const [stream, peer] = lockstepStreamPair();
    return { operation: () => stream.sendAll('x'), help: () => peer.receiveSome() };
  },
  'a lockstep stream, receiveSome': () => {
    const [stream, peer] = lockstepStreamPair();
    return { operation: () => stream.receiveSome(), help: () => peer.sendAll('x') };
  },
  'a lockstep stream, waitSendAllMightNotBlock': () => {
    const [stream, peer] = lockstepStreamPair();
    return { operation: () => stream.waitSendAllMightNotBlock(), help: () => peer.close() };
  },
  'a lockstep stream, sendEof': () => {
    const [stream] = lockstepStreamPair();
    return { operation: () => stream.sendEof() };
  },
  'a lockstep stream, close': () => {
    const [stream] = lockstepStreamPair();
    return { operation: () => stream.close() };
  },
  openStreamToSocketListener: () => {
    const listener = { localAddress: { family: 'ipv4' as const, address: '127.0.0.1', port: 1 } };
    return { operation: () => openStreamToSocketListener(listener as never, { openTcpStream: checkpoint } as never) };
  },
};

describe('an operation that is documented as a checkpoint', () => {
  it.each(Object.entries(checkpoints))('C-4: %s is a checkpoint', (_, make) =>
    testRun(async () => {
      const { operation, help } = make();
      await openNursery(async (nursery) => {
        if (help !== undefined) {
          nursery.startSoon(async () => {
            await waitAllTasksBlocked();
            await help();
          });
        }
        await assertCheckpoints(operation);
      });
    })(),
  );

  it.each(Object.entries(checkpoints))('C-4: %s throws Cancelled in a cancelled scope', (_, make) =>
    testRun(async () => {
      const { operation } = make();
      const scope = new CancelScope();
      await scope.run(async () => {
        scope.cancel();
        await operation();
      });
      expect(scope.cancelledCaught).toBe(true);
    })(),
  );
});

it(
  'C-4: functions that are documented as not a checkpoint are not',
  testRun(async () => {
    const stream = new MemorySendStream();
    await stream.sendAll('x');
    const receiver = new MemoryReceiveStream();
    await assertNoCheckpoints(() => {
      memoryStreamPump(stream, receiver);
      receiver.putData('y');
      receiver.putEof();
    });
  }),
);
