import { expect, it } from '@jest/globals';
import { realRun } from '../system-clock.ts';
import { dropTlsConnections, overSockets, overStreams } from './drop-tls-connections.ts';

it.each([
  ['on sockets', overSockets],
  ['over any stream', overStreams],
])(
  'a TLS server outlives five thousand clients that go away in every state, and nothing of them remains, %s',
  (_name, serve) =>
    realRun(async () => {
      await expect(dropTlsConnections(serve, 5000)).resolves.toBeUndefined();
    })(),
  600_000,
);
