import { expect, it } from '@jest/globals';
import { currentTime, ExceptionGroup, moveOnAfter } from '@tercet/core';
import { testRun } from '@tercet/testing';
import { ConnectionFailedError, openTcpStream } from '../../src/index.ts';
import type { OpenTcpStreamOptions, SocketStream } from '../../src/index.ts';
import { alternateFamily } from '../../src/connecting/happy-eyeballs.ts';
import { FakeNetwork } from './fake-network.ts';
import type { Script } from './fake-network.ts';

const success = (after: number): Script => ({ after, outcome: 'success' });
const failure = (after: number): Script => ({ after, outcome: 'failure' });
const noSocket: Script = { after: 0, outcome: 'failure at creation' };

interface Outcome {
  readonly stream?: SocketStream;
  readonly error?: unknown;
  readonly elapsed: number;
  readonly network: FakeNetwork;
}

/** Connects in a network that is made for it, and closes the stream after `look`. */
function connecting(
  scripts: Readonly<Record<string, Script>>,
  look: (outcome: Outcome) => void,
  options?: OpenTcpStreamOptions,
): () => Promise<void> {
  return testRun(async () => {
    const network = new FakeNetwork(scripts);
    const begin = currentTime();
    let outcome: Pick<Outcome, 'stream' | 'error'>;
    try {
      outcome = { stream: await openTcpStream('host.example', 80, options) };
    } catch (error) {
      outcome = { error };
    }
    look({ ...outcome, elapsed: currentTime() - begin, network });
    await outcome.stream?.close();
    expect(network.open).toEqual([]);
  });
}

const v4 = (address: string) => ({ address, family: 4 as const });
const v6 = (address: string) => ({ address, family: 6 as const });

it('TCP-002: lists of one family, and those that alternate already, stay as they are', () => {
  for (const list of [
    [],
    [v4('1')],
    [v4('1'), v4('2'), v4('3')],
    [v6(':1'), v6(':2')],
    [v4('1'), v6(':2'), v6(':3'), v4('4')],
  ]) {
    expect(alternateFamily(list)).toEqual(list);
  }
});

it('TCP-002: the first address of another family moves to the second place, and the rest keep their order', () => {
  expect(alternateFamily([v4('1'), v4('2'), v4('3'), v6(':4'), v4('5'), v6(':6')])).toEqual([
    v4('1'),
    v6(':4'),
    v4('2'),
    v4('3'),
    v4('5'),
    v6(':6'),
  ]);
});

it(
  'TCP-007: one address that answers at once',
  connecting({ '1.1.1.1': success(0) }, ({ stream, elapsed }) => {
    expect(stream).toBeDefined();
    expect(elapsed).toBe(0);
  }),
);

it(
  'TCP-007: one address that answers after ten seconds',
  connecting({ '1.1.1.1': success(10_000) }, ({ stream, elapsed }) => {
    expect(stream).toBeDefined();
    expect(elapsed).toBe(10_000);
  }),
);

it(
  'TCP-008: one address that refuses, sooner or later',
  connecting({ '1.1.1.1': failure(10_000) }, ({ error, elapsed }) => {
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect((error as ConnectionFailedError).code).toBe('ECONNREFUSED');
    expect((error as ConnectionFailedError).message).toContain('host.example:80');
    expect(elapsed).toBe(10_000);
  }),
);

it(
  'TCP-009: an error that does not come from the system is thrown as it is, and ends all attempts',
  connecting(
    { '1.1.1.1': success(5000), '2.2.2.2': { after: 100, outcome: 'mistake' }, '3.3.3.3': success(5000) },
    ({ error, elapsed, network }) => {
      expect(error).toEqual(new TypeError('mistake'));
      expect(elapsed).toBe(350);
      expect(network.open).toEqual([]);
    },
  ),
);

it(
  'G-100: the next attempt begins after 250 ms, and the first success wins',
  connecting(
    { '1.1.1.1': success(1200), '2.2.2.2': success(1000), '3.3.3.3': failure(100) },
    ({ stream, elapsed, network }) => {
      expect(stream).toBeDefined();
      expect(elapsed).toBe(1200);
      expect(network.open).toEqual(['1.1.1.1']);
    },
  ),
);

it(
  'TCP-011: when the second one wins in time, the third one is never tried',
  connecting({ '1.1.1.1': success(10_000), '2.2.2.2': success(100), '3.3.3.3': success(0) }, ({ elapsed, network }) => {
    expect(elapsed).toBe(350);
    expect(network.tried).toEqual(['1.1.1.1', '2.2.2.2']);
    expect(network.open).toEqual(['2.2.2.2']);
  }),
);

it(
  'G-100: an attempt that fails lets the next one begin at once',
  connecting({ '1.1.1.1': failure(100), '2.2.2.2': success(100) }, ({ elapsed, network }) => {
    expect(elapsed).toBe(200);
    expect(network.open).toEqual(['2.2.2.2']);
  }),
);

it(
  'G-100: a slow attempt stays in the race while later ones fail',
  connecting({ '1.1.1.1': success(1000), '2.2.2.2': failure(10), '3.3.3.3': failure(10) }, ({ elapsed, network }) => {
    expect(elapsed).toBe(1000);
    expect(network.open).toEqual(['1.1.1.1']);
  }),
);

it(
  'TCP-013: with a delay of Infinity attempts are made one at a time',
  connecting(
    { '1.1.1.1': failure(1000), '2.2.2.2': success(5000), '3.3.3.3': success(0) },
    ({ elapsed, network }) => {
      expect(elapsed).toBe(6000);
      expect(network.tried).toEqual(['1.1.1.1', '2.2.2.2']);
    },
    { happyEyeballsDelay: Infinity },
  ),
);

it(
  'the delay can be chosen',
  connecting({ '1.1.1.1': success(10_000), '2.2.2.2': success(10) }, ({ elapsed }) => expect(elapsed).toBe(1010), {
    happyEyeballsDelay: { seconds: 1 },
  }),
);

it(
  'TCP-015: when all fail, the error has all of them, after the slowest',
  connecting(
    { '1.1.1.1': failure(200), '2.2.2.2': failure(10_000), '3.3.3.3': failure(1), '4.4.4.4': failure(300) },
    ({ error, elapsed }) => {
      expect(error).toBeInstanceOf(ConnectionFailedError);
      expect((error as Error).message).toContain('all attempts to connect to host.example:80 failed');
      const { cause } = error as { cause: ExceptionGroup };
      expect(cause).toBeInstanceOf(ExceptionGroup);
      expect(cause.errors).toHaveLength(4);
      expect(elapsed).toBe(10_200);
    },
  ),
);

it(
  'TCP-018: attempts for which there can be no socket are skipped without delay',
  connecting(
    { '1.1.1.1': noSocket, '::2': success(10), '3.3.3.3': noSocket, '::4': success(0) },
    ({ elapsed, network }) => {
      expect(elapsed).toBe(10);
      expect(network.open).toEqual(['::2']);
    },
  ),
);

it(
  'G-100: the second attempt goes to the other family',
  connecting({ '::1': success(10_000), '::2': success(10_000), '3.3.3.3': success(100) }, ({ elapsed, network }) => {
    expect(network.tried).toEqual(['::1', '3.3.3.3']);
    expect(elapsed).toBe(350);
  }),
);

it(
  'TCP-019: a host without addresses',
  connecting({}, ({ error }) => {
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect((error as Error).message).toContain('no address was found');
  }),
);

it(
  'TCP-001, TCP-020: cancelled, it closes all sockets, and nothing but the cancellation comes out',
  testRun(async () => {
    const network = new FakeNetwork({ '1.1.1.1': success(10_000), '2.2.2.2': success(10_000), '3.3.3.3': failure(10) });
    expect(await moveOnAfter(400, () => openTcpStream('host.example', 80))).toBeUndefined();
    expect(network.tried).toHaveLength(2);
    expect(network.open).toEqual([]);
  }),
);

it(
  'two attempts that succeed in the same moment leave one open',
  connecting({ '1.1.1.1': success(350), '2.2.2.2': success(100) }, ({ stream, network }) => {
    expect(stream).toBeDefined();
    expect(network.open).toHaveLength(1);
  }),
);
