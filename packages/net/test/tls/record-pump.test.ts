import { describe, expect, it } from '@jest/globals';
import { all } from '@tercet/core';
import { memoryStreamPair, waitAllTasksBlocked } from '@tercet/testing';
import { StapledStream } from '@tercet/streams';
import type { Sendable } from '@tercet/streams';
import { realRun } from '../system-clock.ts';
import { openTlsPair, VERSIONS } from './tls-pairs.ts';

/** A transport that remembers how much it was given at a time, and how often something was asked of it. */
class WatchedStream extends StapledStream {
  largest = 0;
  receives = 0;

  override sendAll(data: Sendable): Promise<void> {
    this.largest = Math.max(this.largest, (data as Uint8Array).length);
    return super.sendAll(data);
  }

  override receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    this.receives++;
    return super.receiveSome(maxBytes);
  }
}

describe.each(VERSIONS)('%s over any stream', (version) => {
  it(
    'encrypts 64 KiB at a time, however much it is given',
    realRun(async () => {
      const [near, far] = memoryStreamPair();
      const watched = new WatchedStream(near, near);
      const [client, server] = await openTlsPair({ version, transports: () => [watched, far] });
      const data = Buffer.alloc(1 << 20, 'tercet');
      await all([
        () => client.sendAll(data),
        async () => {
          for (let size = 0; size < data.length;) size += (await server.receiveSome())!.length;
        },
      ]);
      // Each record of 16 KiB has a head and a seal.
      expect(watched.largest).toBeGreaterThanOrEqual(64 * 1024);
      expect(watched.largest).toBeLessThan(65 * 1024);
    }),
  );

  it(
    'reads nothing ahead, and gives no more than was asked for',
    realRun(async () => {
      const [near, far] = memoryStreamPair();
      const watched = new WatchedStream(far, far);
      const [client, server] = await openTlsPair({ version, transports: () => [near, watched] });
      const { receives } = watched;
      await client.sendAll('abcde');
      await client.sendAll('fghij');
      await waitAllTasksBlocked(5);
      expect(watched.receives).toBe(receives);
      const pieces: string[] = [];
      while (pieces.join('').length < 10) pieces.push(Buffer.from((await server.receiveSome(3))!).toString());
      expect(pieces.join('')).toBe('abcdefghij');
      expect(pieces.map(({ length }) => length).every((length) => length <= 3)).toBe(true);
    }),
  );
});
