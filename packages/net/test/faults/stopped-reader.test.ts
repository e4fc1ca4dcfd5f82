import { describe, expect, it } from '@jest/globals';
import { tcpPair, unixPair } from '../pairs.ts';
import { realRun } from '../system-clock.ts';
import { sendToStoppedReader } from './stopped-reader.ts';

describe('a reader that stops holds up the sender, so that memory stays bounded', () => {
  it.each([
    ['TCP', tcpPair],
    ['a Unix socket', unixPair],
  ])('over %s', (_name, makePair) =>
    realRun(async () => {
      // A gibibyte: `npm run soak -w packages/net`.
      const { sent, received } = await sendToStoppedReader(await makePair(), 64);
      // The buffers of the kernel, and the 64 KiB that are read ahead at most.
      expect(sent).toBeLessThan(16);
      expect(received).toBe(64);
    })(),
  );
});
