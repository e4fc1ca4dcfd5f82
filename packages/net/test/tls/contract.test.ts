import { describe, it } from '@jest/globals';
import { lockstepStreamPair, twoWayStreamClauses } from '@tercet/testing';
import { tcpPair, unixPair } from '../pairs.ts';
import { realRun } from '../system-clock.ts';
import { disguisedPair, openTlsPair, tlsPair, VERSIONS } from './tls-pairs.ts';
import type { PairOptions, Version } from './tls-pairs.ts';

// Closing says goodbye, which on lockstep streams needs a peer that receives; these tests have none.
const CLOSES_ALONE = /STR-00[789]|STR-014/;
// In these one end closes or is cancelled while the other one takes no part in a handshake.
const USES_ONE_END = /STR-00[789]|STR-01[0124]|G-87/;

interface Kind {
  readonly name: string;
  readonly options?: (version: Version) => PairOptions;
  readonly except?: RegExp;
  readonly makePair?: typeof openTlsPair;
}

const https = { client: { httpsCompatible: true }, server: { httpsCompatible: true } };

const kinds: readonly Kind[] = [
  { name: 'over memory' },
  { name: 'over TCP', options: () => ({ transports: tcpPair }) },
  { name: 'over lockstep streams', options: () => ({ transports: lockstepStreamPair }), except: CLOSES_ALONE },
  { name: 'over a Unix socket', options: () => ({ transports: unixPair }) },
  { name: 'over a socket that is not known as one', options: () => ({ transports: disguisedPair }) },
  { name: 'over TLS', options: (version) => ({ transports: () => openTlsPair({ version }) }) },
  {
    name: 'over TLS over TCP',
    options: (version) => ({ transports: () => openTlsPair({ version, transports: tcpPair }) }),
  },
  { name: 'httpsCompatible', options: () => https },
  { name: 'httpsCompatible, over TCP', options: () => ({ ...https, transports: tcpPair }) },
  { name: 'httpsCompatible, lockstep', options: () => ({ ...https, transports: lockstepStreamPair }) },
  { name: 'with the handshake yet to be made', makePair: tlsPair, except: USES_ONE_END },
  {
    name: 'over TCP, with the handshake yet to be made',
    options: () => ({ transports: tcpPair }),
    makePair: tlsPair,
    except: USES_ONE_END,
  },
];

describe.each(VERSIONS)('SSL-010, SSL-026: %s', (version) => {
  describe.each(kinds)('$name', ({ options, except, makePair = openTlsPair }) => {
    const all = { version, ...options?.(version) };
    // Without a buffer in between, a stream is as full as it can be.
    const makeClogged = (): ReturnType<typeof openTlsPair> => openTlsPair({ ...all, transports: lockstepStreamPair });
    for (const { title, check } of twoWayStreamClauses) {
      if (except?.test(title) === true) continue;
      it(
        `${title}`,
        realRun(() => check({ make: () => makePair(all), makeClogged, timeout: 20_000 })),
      );
    }
  });
});
