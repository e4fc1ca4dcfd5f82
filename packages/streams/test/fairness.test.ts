import { expect, it } from '@jest/globals';
import { memoryStreamOneWayPair, testRun } from '@tercet/testing';
import { PassThrough } from 'node:stream';
import { BufferedReceiveStream, fromDuplex, fromReadable, fromWritable } from '../src/index.ts';
import { ConflictDetector } from '../src/lowlevel.ts';

/** More than the steps that a task may make before the event loop turns. */
const MANY = 100_000;

const failing: Record<string, () => Promise<() => Promise<unknown>>> = {
  'receiveSome() of a stream that is closed': async () => {
    const stream = fromReadable(new PassThrough());
    await stream.close();
    return () => stream.receiveSome();
  },
  'sendAll() of a stream that is closed': async () => {
    const stream = fromWritable(new PassThrough());
    await stream.close();
    return () => stream.sendAll('x');
  },
  'sendEof() of a stream that is closed': async () => {
    const stream = fromDuplex(new PassThrough());
    await stream.close();
    return () => stream.sendEof();
  },
  'receiveLine() of a stream that is closed': async () => {
    const [, receiver] = memoryStreamOneWayPair();
    const stream = new BufferedReceiveStream(receiver);
    await stream.close();
    return () => stream.receiveSome();
  },
  'run() of a conflict detector that is held': async () => {
    const detector = new ConflictDetector('sending');
    detector.enter();
    return () => detector.run(() => undefined);
  },
};

it.each(Object.entries(failing))('C-6: %s lets the event loop turn', (_, make) =>
  testRun(async () => {
    const operation = await make();
    let hasTurned = false;
    setImmediate(() => (hasTurned = true));
    for (let round = 0; round < MANY && !hasTurned; round++) await expect(operation()).rejects.toBeDefined();
    expect(hasTurned).toBe(true);
  })(),
);
