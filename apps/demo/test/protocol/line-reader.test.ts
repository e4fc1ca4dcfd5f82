import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { checkpoint, moveOnAfter, sleep } from '@tercet/core';
import type { ReceiveStream } from '@tercet/streams';
import { testRun } from '@tercet/testing';
import { LineReader, type ReadLine } from '../../src/protocol/line-reader.ts';

/** Gives these chunks, and takes its time for each. */
class Chunks implements ReceiveStream {
  readonly #chunks: string[];
  readonly #pause: number;

  constructor(chunks: readonly string[], pause = 0) {
    this.#chunks = [...chunks];
    this.#pause = pause;
  }

  async receiveSome(): Promise<Uint8Array | null> {
    await sleep(this.#pause);
    const chunk = this.#chunks.shift();
    return chunk === undefined ? null : Buffer.from(chunk);
  }

  close(): Promise<void> {
    return checkpoint();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    for (let chunk = await this.receiveSome(); chunk !== null; chunk = await this.receiveSome()) yield chunk;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The memory of buffers that are still referenced. */
function liveBytes(): number {
  // Once more, because memory outside of the heap is given back a little later.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

async function linesOf(chunks: readonly string[], longest = 100): Promise<ReadLine[]> {
  const reader = new LineReader(new Chunks(chunks), longest);
  const lines: ReadLine[] = [];
  for (let line = await reader.next(); line !== undefined; line = await reader.next()) lines.push(line);
  return lines;
}

it(
  'lines may begin and end anywhere in the chunks; what has no end is none',
  testRun(async () => {
    expect(await linesOf(['on', 'e\ntwo\n\nthr', 'ee\r', '\nfour'])).toEqual([
      { text: 'one' },
      { text: 'two' },
      { text: '' },
      { text: 'three' },
    ]);
  }),
);

it(
  'a line that is too long is skipped, however it comes, and the next one is read',
  testRun(async () => {
    expect(await linesOf(['12345', '678', '90\nok\n12345\n123456\n'], 5)).toEqual([
      { tooLong: 10 },
      { text: 'ok' },
      { text: '12345' },
      { tooLong: 6 },
    ]);
  }),
);

it(
  'R-5: a peer that never ends its line does not fill the memory',
  testRun(async () => {
    const chunk = 1024 * 1024;
    const before = liveBytes();
    let most = 0;
    let left = 64;
    const endless = new Chunks([]);
    endless.receiveSome = async () => {
      await checkpoint();
      if (left % 32 === 0) most = Math.max(most, liveBytes() - before);
      return left-- === 0 ? Buffer.from('\n') : new Uint8Array(chunk).fill(120);
    };
    const line = await new LineReader(endless, chunk).next();
    expect(line).toEqual({ tooLong: 64 * chunk });
    // The line itself is 64 times as long as a chunk.
    expect(most).toBeLessThan(32 * chunk);
  }),
  // Collecting garbage takes long on a busy machine.
  120_000,
);

it(
  'a reader that is cancelled in the middle of a line loses nothing',
  testRun(async () => {
    const reader = new LineReader(new Chunks(['be', 'gin', ' end\n'], 10), 100);
    expect(await moveOnAfter(25, () => reader.next())).toBeUndefined();
    expect(await reader.next()).toEqual({ text: 'begin end' });
  }),
);
