import { afterEach, beforeEach, describe, it } from '@jest/globals';
import { halfCloseableStreamClauses } from '@tercet/testing';
import { useDocumentedOnly } from '../../src/undocumented/documented-only.ts';
import { cloggedTcpPair, tcpPair } from '../pairs.ts';
import { realRun } from '../system-clock.ts';

beforeEach(() => useDocumentedOnly(true));
afterEach(() => useDocumentedOnly(undefined));

describe('SOK-004: over TCP, by the documented interface of Node alone', () => {
  for (const { title, check } of halfCloseableStreamClauses) {
    it(
      `${title}`,
      realRun(async () => {
        await check({ make: tcpPair, makeClogged: cloggedTcpPair, timeout: 20_000 });
      }),
    );
  }
});
