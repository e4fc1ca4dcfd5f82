import { describe, expect, it } from '@jest/globals';
import { tcpPair, unixPair } from '../pairs.ts';
import { realRun } from '../system-clock.ts';
import { sendToStoppedReader } from './stopped-reader.ts';

describe('a sender of a gibibyte whose reader stops uses a bounded amount of memory', () => {
  it.each([
    ['TCP', tcpPair],
    ['a Unix socket', unixPair],
  ])(
    'over %s',
    (name, makePair) =>
      realRun(async () => {
        const { sent, grown, received } = await sendToStoppedReader(await makePair(), 1024);
        console.log(
          `${name}: ${sent} MiB were sent until the sender stood still, memory had grown by ${grown.toFixed(1)} MiB`,
        );
        expect(sent).toBeLessThan(16);
        expect(grown).toBeLessThan(16);
        expect(received).toBe(1024);
      })(),
    60_000,
  );
});
