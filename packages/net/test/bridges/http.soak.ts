import { describe, expect, it } from '@jest/globals';
import { realRun, withSocketPath } from '../system-clock.ts';
import { serveHttpUnderLoad } from './http-load.ts';
import { tcp, unix } from './plain-transports.ts';
import { tls, tlsOverStreams } from './tls-transports.ts';

const LOAD = { clients: 20, requests: 500, upload: 500_000 };
const PATIENCE = 120_000;

describe('HTTP of Node serves 10 000 requests, a thousand uploads among them, over connections that are kept', () => {
  it(
    'over TCP',
    realRun(async () => {
      expect(await serveHttpUnderLoad(tcp, LOAD)).toBe(10_000);
    }),
    PATIENCE,
  );

  it(
    'over a Unix socket',
    realRun(async () => {
      expect(await withSocketPath((path) => serveHttpUnderLoad(unix(path), LOAD))).toBe(10_000);
    }),
    PATIENCE,
  );

  it(
    'over TLS',
    realRun(async () => {
      expect(await serveHttpUnderLoad(tls, LOAD)).toBe(10_000);
    }),
    PATIENCE,
  );

  it(
    'over TLS over any stream',
    realRun(async () => {
      expect(await serveHttpUnderLoad(tlsOverStreams, LOAD)).toBe(10_000);
    }),
    PATIENCE,
  );
});
