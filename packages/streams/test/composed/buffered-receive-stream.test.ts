import { expect, it } from '@jest/globals';
import { BusyResourceError, ClosedResourceError, moveOnAfter, openNursery } from '@tercet/core';
import { assertCheckpoints, memoryStreamOneWayPair, testRun, waitAllTasksBlocked } from '@tercet/testing';
import { BufferedReceiveStream, IncompleteReceiveError, ReceiveLimitError } from '../../src/index.ts';
import { RecordingReceiveStream } from '../fake-streams.ts';

const over = (...chunks: (string | Uint8Array)[]): BufferedReceiveStream =>
  new BufferedReceiveStream(new RecordingReceiveStream(chunks));

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());

async function linesOf(stream: BufferedReceiveStream, maxBytes?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of stream.lines(maxBytes === undefined ? {} : { maxBytes })) lines.push(line);
  return lines;
}

it(
  'receiveExactly joins chunks, and keeps the remaining bytes',
  testRun(async () => {
    const stream = over('ab', 'cdefg', 'h');
    expect(text(await stream.receiveExactly(3))).toBe('abc');
    expect(text(await stream.receiveExactly(0))).toBe('');
    expect(text(await stream.receiveSome(2))).toBe('de');
    expect(text(await stream.receiveExactly(3))).toBe('fgh');
    expect(await stream.receiveExactly(1)).toBeNull();
    expect(await stream.receiveSome()).toBeNull();
  }),
);

it(
  'receiveExactly fails when the stream ends too early, and the bytes can still be received',
  testRun(async () => {
    const stream = over('abc');
    await expect(stream.receiveExactly(5)).rejects.toThrow(
      new IncompleteReceiveError('receiveExactly(): the stream ended after 3 of 5 bytes'),
    );
    expect(text(await stream.receiveSome())).toBe('abc');
  }),
);

it(
  'the returned bytes belong to the caller',
  testRun(async () => {
    const stream = over('abcdef');
    const first = (await stream.receiveExactly(2))!;
    first.fill(0);
    expect(text(await stream.receiveExactly(4))).toBe('cdef');
  }),
);

it(
  'receiveUntil returns the bytes before the delimiter, wherever chunks are cut',
  testRun(async () => {
    const message = 'GET /\r\nHost: x\r\n\r\nbody';
    for (let size = 1; size <= message.length; size++) {
      const chunks = message.match(new RegExp(`[^]{1,${size}}`, 'g'))!;
      const stream = over(...chunks);
      expect(text(await stream.receiveUntil('\r\n\r\n', { maxBytes: 100 }))).toBe('GET /\r\nHost: x');
      expect(text(await stream.receiveExactly(4))).toBe('body');
      expect(await stream.receiveUntil('\r\n', { maxBytes: 100 })).toBeNull();
    }
  }),
);

it(
  'receiveUntil searches at most maxBytes bytes, and loses nothing',
  testRun(async () => {
    const stream = over('abc', 'def;');
    await expect(stream.receiveUntil(';', { maxBytes: 5 })).rejects.toThrow(
      new ReceiveLimitError('receiveUntil(): no delimiter came within 5 bytes'),
    );
    expect(text(await stream.receiveUntil(new Uint8Array([0x3b]), { maxBytes: 6 }))).toBe('abcdef');
    const endless = over(...Array.from({ length: 100 }, () => 'x'.repeat(10)));
    await expect(endless.receiveUntil(';', { maxBytes: 50 })).rejects.toThrow(ReceiveLimitError);
    // @ts-expect-error -- the limit is required
    await expect(endless.receiveUntil(';')).rejects.toThrow(
      new TypeError('receiveUntil(): the number of bytes must be an integer, not undefined'),
    );
  }),
);

it(
  'receiveUntil fails at the end of the stream when bytes are left',
  testRun(async () => {
    const stream = over('abc');
    await expect(stream.receiveUntil(';', { maxBytes: 50 })).rejects.toThrow(IncompleteReceiveError);
    expect(text(await stream.receiveSome())).toBe('abc');
    expect(await stream.receiveUntil(';', { maxBytes: 50 })).toBeNull();
  }),
);

it(
  'lines() accepts line ends with and without a carriage return, and the last line needs no line end',
  testRun(async () => {
    expect(await linesOf(over('one\ntwo\r\n\n', 'th', 'ree\rx\r', '\n', 'four'))).toEqual([
      'one',
      'two',
      '',
      'three\rx',
      'four',
    ]);
    expect(await linesOf(over())).toEqual([]);
    expect(await linesOf(over('\n'))).toEqual(['']);
  }),
);

it(
  'lines() joins characters that are cut by chunks',
  testRun(async () => {
    const bytes = Buffer.from('äöü€😀\nx');
    expect(await linesOf(over(...[...bytes].map((byte) => Uint8Array.of(byte))))).toEqual(['äöü€😀', 'x']);
  }),
);

it(
  'lines() refuses lines that are too long, with and without a line end',
  testRun(async () => {
    expect(await linesOf(over('12345\r\n12345\n12345'), 5)).toHaveLength(3);
    await expect(linesOf(over('123456\n'), 5)).rejects.toThrow(
      new ReceiveLimitError('lines(): a line is longer than 5 bytes'),
    );
    await expect(linesOf(over(...Array.from({ length: 100 }, () => 'x')), 5)).rejects.toThrow(ReceiveLimitError);
    expect(() => over().lines({ maxBytes: 0 })).toThrow(RangeError);
  }),
);

it(
  'lines() returns all of many lines in small and large chunks',
  testRun(async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `${index} ${'x'.repeat(index % 97)}`);
    const bytes = Buffer.from(lines.join('\n'));
    for (const size of [7, 1000, 65_536]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      expect(await linesOf(over(...chunks))).toEqual(lines);
    }
  }),
);

it(
  'the remaining lines can still be received after leaving the loop',
  testRun(async () => {
    const stream = over('one\ntwo\nthree');
    for await (const line of stream.lines()) {
      expect(line).toBe('one');
      break;
    }
    expect(await linesOf(stream)).toEqual(['two', 'three']);
  }),
);

it(
  'G-2: operations that are cancelled lose nothing',
  testRun(async () => {
    const [sender, receiver] = memoryStreamOneWayPair();
    const stream = new BufferedReceiveStream(receiver);
    await sender.sendAll('ab');
    expect(await moveOnAfter(5, () => stream.receiveExactly(4))).toBeUndefined();
    await sender.sendAll('cd');
    expect(await moveOnAfter(5, () => stream.receiveUntil(';', { maxBytes: 10 }))).toBeUndefined();
    expect(await moveOnAfter(5, () => linesOf(stream))).toBeUndefined();
    expect(text(await stream.receiveExactly(4))).toBe('abcd');
  }),
);

it(
  'each operation is a checkpoint, even when it need not wait',
  testRun(async () => {
    const stream = over('abcd;efgh\nij\n');
    await assertCheckpoints(() => stream.receiveExactly(2));
    await assertCheckpoints(() => stream.receiveUntil(';', { maxBytes: 10 }));
    const lines = stream.lines()[Symbol.asyncIterator]();
    for (let i = 0; i < 2; i++) await assertCheckpoints(() => lines.next());
  }),
);

it(
  'STR-005: a second receiver is refused',
  testRun(async () => {
    const [sender, receiver] = memoryStreamOneWayPair();
    const stream = new BufferedReceiveStream(receiver);
    await openNursery(async (nursery) => {
      nursery.startSoon(() => stream.receiveExactly(1));
      await waitAllTasksBlocked();
      await expect(stream.receiveSome()).rejects.toThrow(BusyResourceError);
      await expect(stream.receiveUntil(';', { maxBytes: 1 })).rejects.toThrow(BusyResourceError);
      await sender.sendAll('x');
    });
  }),
);

it(
  'close closes the stream beneath, and drops buffered bytes',
  testRun(async () => {
    const inner = new RecordingReceiveStream(['abc', 'def']);
    const stream = new BufferedReceiveStream(inner);
    await stream.receiveExactly(1);
    await stream.close();
    await stream.close();
    expect(inner.record.filter((entry) => entry === 'close')).toHaveLength(1);
    await expect(stream.receiveSome()).rejects.toThrow(ClosedResourceError);
    await expect(stream.receiveExactly(1)).rejects.toThrow(ClosedResourceError);
  }),
);

it(
  'arguments are checked',
  testRun(async () => {
    const stream = over('abc');
    await expect(stream.receiveExactly(-1)).rejects.toThrow(RangeError);
    await expect(stream.receiveExactly(1.5)).rejects.toThrow(TypeError);
    await expect(stream.receiveUntil('', { maxBytes: 1 })).rejects.toThrow(RangeError);
    await expect(stream.receiveUntil(';', { maxBytes: 0 })).rejects.toThrow(RangeError);
    await expect(stream.receiveSome(0)).rejects.toThrow(RangeError);
  }),
);
