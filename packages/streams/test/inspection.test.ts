import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { abandonable } from '@tercet/core';
import { testRun } from '@tercet/testing';
import * as streams from '../src/index.ts';
import { ConflictDetector, LineSplitter, ReceiveBuffer } from '../src/lowlevel.ts';
import { RecordingReceiveStream, RecordingSendStream } from './fake-streams.ts';

describe('util.inspect', () => {
  it('shows how many bytes a line splitter holds', () => {
    const splitter = new LineSplitter({ maxBytes: 100 });
    expect([...splitter.push(Buffer.from('one\ntwo'))]).toEqual(['one']);
    expect(inspect(splitter)).toBe('<LineSplitter 3 bytes buffered>');
  });

  it('shows the state of a receive buffer, and its number of bytes', () => {
    const buffer = new ReceiveBuffer({ describe: () => 'the source', resume: () => undefined }, 100);
    buffer.push(Buffer.from('four'));
    expect(inspect(buffer)).toBe('<ReceiveBuffer open, 4 bytes>');
  });

  it('shows whether a conflict detector is held', () => {
    const detector = new ConflictDetector('busy');
    expect(inspect(detector)).toBe('<ConflictDetector free>');
    detector.enter();
    expect(inspect(detector)).toBe('<ConflictDetector held>');
  });

  it(
    'shows streams by their names',
    testRun(async () => {
      const [readable, writable, duplex] = [new PassThrough(), new PassThrough(), new PassThrough()];
      const buffered = new streams.BufferedReceiveStream(new RecordingReceiveStream(['one\ntwo']));
      expect(await buffered.receiveUntil('\n', { maxBytes: 100 })).toEqual(Buffer.from('one'));
      const stapled = new streams.StapledStream(new RecordingSendStream(), new RecordingReceiveStream());
      const shown = [
        [buffered, '<BufferedReceiveStream 3 bytes buffered>'],
        [stapled, '<StapledStream>'],
        [streams.fromReadable(readable), '<ReceiveStream of a readable stream of Node>'],
        [streams.fromWritable(writable), '<SendStream of a writable stream of Node>'],
        [streams.fromDuplex(duplex), '<Stream of a duplex stream of Node>'],
      ] as const;
      for (const [value, text] of shown) expect(inspect(value)).toBe(text);
      await stapled.close();
      for (const stream of [readable, writable, duplex]) stream.destroy();
    }),
  );

  it(
    'shows whether a duplex stream over one of ours is destroyed',
    testRun(async () => {
      const duplex = streams.toWritable(new RecordingSendStream());
      expect(inspect(duplex)).toBe('<Duplex over a stream of Tercet>');
      const closed = once(duplex, 'close');
      duplex.destroy();
      expect(inspect(duplex)).toBe('<Duplex over a stream of Tercet, destroyed>');
      await abandonable(closed);
    }),
  );
});

const errors = Object.entries<unknown>(streams).filter(([, value]) =>
  Object.prototype.isPrototypeOf.call(Error, value as object),
);

it.each(errors)('the name of %s does not depend on a minifier', (name, type) => {
  expect(Object.getOwnPropertyDescriptor((type as typeof Error).prototype, 'name')?.value).toBe(name);
});
