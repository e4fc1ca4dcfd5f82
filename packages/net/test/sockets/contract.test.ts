import { describe, it } from '@jest/globals';
import { halfCloseableStreamClauses } from '@tercet/testing';
import { cloggedTcpPair, cloggedUnixPair, tcpPair, unixPair, wrappedPair } from '../pairs.ts';
import { realRun } from '../system-clock.ts';

const makers = {
  TCP: { make: tcpPair, makeClogged: cloggedTcpPair },
  'a Unix socket': { make: unixPair, makeClogged: cloggedUnixPair },
  'sockets that Node has made': { make: wrappedPair, makeClogged: cloggedTcpPair },
};

describe.each(Object.entries(makers))('SOK-004: over %s', (_name, { make, makeClogged }) => {
  for (const { title, check } of halfCloseableStreamClauses) {
    it(
      `${title}`,
      realRun(() => check({ make, makeClogged, timeout: 20_000 })),
    );
  }
});
