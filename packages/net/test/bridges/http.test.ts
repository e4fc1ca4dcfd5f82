import { describe, expect, it } from '@jest/globals';
import { realRun, withSocketPath } from '../system-clock.ts';
import { serveHttpUnderLoad } from './http-load.ts';
import { tcp, unix } from './plain-transports.ts';
import { tls, tlsOverStreams } from './tls-transports.ts';

// Twenty-five times as many requests: `npm run soak -w packages/net`.
const LOAD = { clients: 20, requests: 20, upload: 100_000 };

describe('HTTP of Node, as server and as client, serves many requests over connections that are kept', () => {
  it(
    'over TCP',
    realRun(async () => {
      expect(await serveHttpUnderLoad(tcp, LOAD)).toBe(400);
    }),
  );

  it(
    'over a Unix socket',
    realRun(async () => {
      expect(await withSocketPath((path) => serveHttpUnderLoad(unix(path), LOAD))).toBe(400);
    }),
  );

  it(
    'over TLS',
    realRun(async () => {
      expect(await serveHttpUnderLoad(tls, LOAD)).toBe(400);
    }),
  );

  it(
    'over TLS over any stream',
    realRun(async () => {
      expect(await serveHttpUnderLoad(tlsOverStreams, LOAD)).toBe(400);
    }),
  );
});
