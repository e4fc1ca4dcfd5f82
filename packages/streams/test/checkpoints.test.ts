import { Duplex, PassThrough, Readable, Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { CancelScope } from '@tercet/core';
import { BufferedReceiveStream, closeForcefully, fromDuplex, fromReadable, fromWritable } from '@tercet/streams';
import { fromWebReadable, fromWebWritable, StapledStream } from '@tercet/streams';
import { assertCheckpoints, MemoryReceiveStream, MemorySendStream, memoryStreamPair, testRun } from '@tercet/testing';

// Every operation of this package that is documented as a checkpoint, in a case where it need not wait.

const buffered = async (data: string): Promise<BufferedReceiveStream> => {
  const source = new MemoryReceiveStream();
  source.putData(data);
  source.putEof();
  const stream = new BufferedReceiveStream(source);
  // The other bytes are in its buffer.
  await stream.receiveExactly(1);
  return stream;
};
const readable = (): Readable => Readable.from([Buffer.from('data')], { objectMode: false });
const writable = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
const duplex = (): Duplex => new PassThrough();
const stapled = (): StapledStream => new StapledStream(new MemorySendStream(), new MemoryReceiveStream());

type Operation = () => Promise<unknown>;

const checkpoints: Record<string, () => Operation | Promise<Operation>> = {
  'receiveSome from a buffer': async () => {
    const stream = await buffered('data');
    return () => stream.receiveSome();
  },
  'receiveExactly from a buffer': async () => {
    const stream = await buffered('data');
    return () => stream.receiveExactly(2);
  },
  'receiveExactly of nothing': async () => {
    const stream = await buffered('data');
    return () => stream.receiveExactly(0);
  },
  'receiveUntil from a buffer': async () => {
    const stream = await buffered('data;');
    return () => stream.receiveUntil(';', { maxBytes: 10 });
  },
  'receiveUntil at the end': async () => {
    const stream = await buffered('d');
    return () => stream.receiveUntil(';', { maxBytes: 10 });
  },
  'a line from a buffer': async () => {
    const stream = await buffered('data\nmore\n');
    return () => stream.lines()[Symbol.asyncIterator]().next();
  },
  'close of a buffered stream, and again': async () => {
    const stream = await buffered('data');
    await stream.close();
    return () => stream.close();
  },
  'receiveSome of fromReadable': () => {
    const stream = fromReadable(readable());
    return () => stream.receiveSome();
  },
  'close of fromReadable': () => {
    const stream = fromReadable(readable());
    return () => stream.close();
  },
  'sendAll of fromWritable': () => {
    const stream = fromWritable(writable());
    return () => stream.sendAll('data');
  },
  'sendAll of nothing': () => {
    const stream = fromWritable(writable());
    return () => stream.sendAll('');
  },
  'waitSendAllMightNotBlock of fromWritable': () => {
    const stream = fromWritable(writable());
    return () => stream.waitSendAllMightNotBlock();
  },
  'close of fromWritable': () => {
    const stream = fromWritable(writable());
    return () => stream.close();
  },
  'sendEof of fromDuplex': () => {
    const stream = fromDuplex(duplex());
    return () => stream.sendEof();
  },
  'receiveSome of fromWebReadable': () => {
    const stream = fromWebReadable(new Blob(['data']).stream() as never);
    return () => stream.receiveSome();
  },
  'sendAll of fromWebWritable': () => {
    const stream = fromWebWritable(new WritableStream<Uint8Array>());
    return () => stream.sendAll('data');
  },
  'sendEof of a stapled stream': () => {
    const stream = stapled();
    return () => stream.sendEof();
  },
  'close of a stapled stream': () => {
    const stream = stapled();
    return () => stream.close();
  },
  closeForcefully: () => {
    const [stream] = memoryStreamPair();
    return () => closeForcefully(stream);
  },
  'closeForcefully of fromWritable': () => {
    const stream = fromWritable(writable());
    return () => closeForcefully(stream);
  },
};

describe('an operation that is documented as a checkpoint', () => {
  it.each(Object.entries(checkpoints))('C-4: %s is a checkpoint', (_, make) =>
    testRun(
      async () => {
        const operation = await make();
        await assertCheckpoints(operation);
      },
      { leftovers: 'ignore' },
    )(),
  );

  it.each(Object.entries(checkpoints))('C-4: %s throws Cancelled in a cancelled scope', (_, make) =>
    testRun(
      async () => {
        const operation = await make();
        const scope = new CancelScope();
        await scope.run(async () => {
          scope.cancel();
          await operation();
        });
        expect(scope.cancelledCaught).toBe(true);
      },
      { leftovers: 'ignore' },
    )(),
  );
});
