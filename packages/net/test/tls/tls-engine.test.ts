import { expect, it } from '@jest/globals';
import { failAfter } from '@tercet/core';
import { TlsEngine } from '../../src/tls/tls-engine.ts';
import { prepareTls } from '../../src/tls/tls-options.ts';
import { realRun } from '../system-clock.ts';

it(
  'C-6: an engine that is destroyed while it is busy is no longer busy, so that no task polls it',
  realRun(async () => {
    const engine = new TlsEngine(prepareTls({ serverHostname: 'server.example' }, 'the test'));
    expect(engine.isBusy).toBe(true);
    engine.destroy();
    expect(engine.isBusy).toBe(false);
    await engine.settled();
    expect(engine.failure?.message).toBe('it was closed');
  }),
);

it(
  'an engine that is destroyed wakes the tasks that wait for it',
  realRun(async () => {
    const engine = new TlsEngine(prepareTls({ serverHostname: 'server.example' }, 'the test'));
    const waiting = failAfter({ seconds: 20 }, () => engine.settled());
    engine.destroy();
    await waiting;
    expect(engine.output.size).toBe(0);
  }),
);
