import { afterEach, describe, expect, it } from '@jest/globals';
import { abortable, openNursery } from '@tercet/core';
import { closeForcefully, StapledStream } from '@tercet/streams';
import type { Listener, Stream } from '@tercet/streams';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import type { TLSSocket, TlsOptions as NodeTlsOptions } from 'node:tls';
import { useDocumentedOnly } from '../../src/undocumented/documented-only.ts';
import { openTcpListeners, TlsListener, TlsStream } from '../../src/index.ts';
import type { TlsListenerOptions } from '../../src/index.ts';
import { realRun } from '../system-clock.ts';
import { makeAuthority } from './certificates.ts';
import type { Identity } from './certificates.ts';
import { authority, identity, VERSIONS } from './tls-pairs.ts';
import type { Version } from './tls-pairs.ts';

// Which clients are let in, for each way to make a TLS server, with a client that is not ours. Refused clients must not get
// a session either: resuming it, they would not be verified again.

/** A server's view of a client that it has let in, and whether the client has resumed a session. */
interface Admitted {
  readonly peer: string | undefined;
  readonly error: string | undefined;
  readonly isResumed: boolean;
}

/** The outcome of a connection. */
interface Outcome {
  readonly admitted: Admitted | 'refused';
  readonly session: Buffer | undefined;
}

/** A server that listens, and lets clients in as its options say. */
interface Door extends AsyncDisposable {
  readonly port: number;
  /** Why it has refused clients. */
  readonly refusals: unknown[];
}

type OpenDoor = (options: TlsListenerOptions, greet: (admitted: Admitted) => string) => Promise<Door>;

afterEach(() => useDocumentedOnly(undefined));

const DOORS: readonly (readonly [string, OpenDoor])[] = [
  ['on a socket', (options, greet) => openDoor(options, greet, (stream) => stream)],
  ['over any stream', (options, greet) => openDoor(options, greet, (stream) => new StapledStream(stream, stream))],
  [
    'by what Node documents alone',
    (options, greet) => {
      useDocumentedOnly(true);
      return openDoor(options, greet, (stream) => stream);
    },
  ],
];

async function openDoor(
  options: TlsListenerOptions,
  greet: (admitted: Admitted) => string,
  disguise: (stream: Stream) => Stream,
): Promise<Door> {
  const [tcp] = await openTcpListeners(0, { host: '127.0.0.1' });
  const listener = new TlsListener<Stream>(new DisguisingListener(tcp!, disguise), options);
  const scope = new AbortController();
  const refusals: unknown[] = [];
  const serving = openNursery(async (nursery) => {
    scope.signal.addEventListener('abort', () => nursery.cancelScope.cancel());
    for (;;) nursery.startSoon(answer, await listener.accept(), greet, refusals);
  });
  return {
    port: tcp!.port,
    refusals,
    async [Symbol.asyncDispose]() {
      scope.abort();
      await serving;
      await listener.close();
    },
  };
}

async function answer(stream: TlsStream, greet: (admitted: Admitted) => string, refusals: unknown[]): Promise<void> {
  try {
    await stream.doHandshake();
    const { peerCertificate, authorizationError, isSessionReused } = stream;
    const error = authorizationError as { code?: string } | undefined;
    await stream.sendAll(greet({ peer: peerCertificate?.subject, error: error?.code, isResumed: isSessionReused }));
    await stream.close();
  } catch (error) {
    refusals.push((error as { cause?: { code?: unknown } }).cause?.code);
    await closeForcefully(stream);
  }
}

class DisguisingListener implements Listener<Stream> {
  readonly #listener: Listener<Stream>;
  readonly #disguise: (stream: Stream) => Stream;

  constructor(listener: Listener<Stream>, disguise: (stream: Stream) => Stream) {
    this.#listener = listener;
    this.#disguise = disguise;
  }

  async accept(): Promise<Stream> {
    return this.#disguise(await this.#listener.accept());
  }

  close(): Promise<void> {
    return this.#listener.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The same with `node:tls`, which is the measure. */
const openNodeDoor: OpenDoor = async (options, greet) => {
  const server = createServer(options as NodeTlsOptions, (socket) => {
    socket.on('error', () => undefined);
    const peer = socket.getPeerX509Certificate()?.subject;
    const error = (socket.authorizationError as unknown as string | null) ?? undefined;
    socket.end(greet({ peer, error, isResumed: socket.isSessionReused() }));
  });
  const refusals: unknown[] = [];
  server.on('tlsClientError', (error: Error & { code?: string }, socket) => {
    refusals.push((socket.authorizationError as unknown as string | null) ?? error.code);
  });
  server.listen(0, '127.0.0.1');
  await abortable(() => once(server, 'listening'));
  return {
    port: (server.address() as AddressInfo).port,
    refusals,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
};

/** Connects, and reads the message to clients that were let in. */
async function knock(port: number, version: Version, certificate?: Identity, session?: Buffer): Promise<Outcome> {
  const socket: TLSSocket = connect({
    port,
    host: '127.0.0.1',
    servername: 'server.example',
    ca: authority.cert,
    minVersion: version,
    maxVersion: version,
    ...certificate,
    ...(session === undefined ? {} : { session }),
  });
  let told = '';
  let ticket: Buffer | undefined = undefined;
  socket.on('session', (each) => (ticket = each));
  socket.on('data', (chunk) => (told += String(chunk)));
  socket.on('error', () => undefined);
  await abortable(() => new Promise((resolve) => socket.on('close', resolve)));
  return { admitted: told === '' ? 'refused' : (JSON.parse(told) as Admitted), session: ticket };
}

const greet = ({ peer, error, isResumed }: Admitted): string => JSON.stringify({ peer, error, isResumed });

const CERTIFICATES: Readonly<Record<string, Identity | undefined>> = {
  none: undefined,
  wrong: makeAuthority('another authority').issue('client.example'),
  expired: authority.issueExpired('client.example'),
  good: authority.issue('client.example'),
};

/** The error of a server that cannot get a verdict and has to let in every client, as on Node 26. */
const ADMITTED: Readonly<Record<string, Omit<Admitted, 'isResumed'>>> = {
  none: { peer: undefined, error: 'UNABLE_TO_GET_ISSUER_CERT' },
  wrong: { peer: 'CN=client.example', error: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
  expired: { peer: 'CN=client.example', error: 'CERT_HAS_EXPIRED' },
  good: { peer: 'CN=client.example', error: undefined },
};

/** Why a server refuses that has to: OpenSSL itself, or Node afterwards. */
const REFUSALS: Readonly<Record<string, string | undefined>> = {
  none: 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
  wrong: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  expired: 'CERT_HAS_EXPIRED',
};

const REJECTIONS: readonly { readonly rejectUnauthorized?: boolean }[] = [
  {},
  { rejectUnauthorized: true },
  { rejectUnauthorized: false },
];

/** Whether this Node itself takes a resumed session that never had a certificate for one that was verified. */
const major = Number(process.versions.node.split('.')[0]);
const isFixed = major >= 24;

describe.each(VERSIONS)('%s', (version) => {
  describe.each([...DOORS, ['by node:tls', openNodeDoor] as const])('%s', (name, open) => {
    describe.each(REJECTIONS)('with %j', (rejection) => {
      it.each(Object.keys(CERTIFICATES))(
        'R-1, R-3: a client whose certificate is %s is treated as node:tls does it, and again when it resumes its session',
        (kind) =>
          realRun(async () => {
            const certificate = CERTIFICATES[kind];
            const options = { ...identity, ca: authority.cert, requestCert: true, ...rejection };
            await using door = await open(options, greet);
            const first = await knock(door.port, version, certificate);
            const outcomes: unknown[] = [first.admitted];
            if (first.session !== undefined) {
              outcomes.push((await knock(door.port, version, certificate, first.session)).admitted);
            }
            const isAdmitted = kind === 'good' || rejection.rejectUnauthorized === false;
            const admitted = ADMITTED[kind]!;
            const isWeak = name === 'by node:tls' && kind === 'none' && version === 'TLSv1.3' && !isFixed;
            const resumed = { ...admitted, isResumed: true, ...(isWeak ? { error: undefined } : {}) };
            expect(outcomes).toEqual(isAdmitted ? [{ ...admitted, isResumed: false }, resumed] : ['refused']);
            expect(door.refusals).toEqual(isAdmitted ? [] : [REFUSALS[kind]]);
          })(),
      );
    });
  });

  describe.each(DOORS)('%s', (_name, open) => {
    it.each(['none', 'wrong', 'expired'])(
      'R-1: a session of a lax server does not open a strict one that shares its keys, for a client whose certificate is %s',
      (kind) =>
        realRun(async () => {
          const shared = { ...identity, ca: authority.cert, ticketKeys: randomBytes(48), sessionIdContext: 'shared' };
          await using lax = await open({ ...shared, requestCert: true, rejectUnauthorized: false }, greet);
          await using incurious = await open(shared, greet);
          await using strict = await open({ ...shared, requestCert: true }, greet);
          for (const { port } of [lax, incurious]) {
            const { session } = await knock(port, version, CERTIFICATES[kind]);
            expect(session).toBeDefined();
            const { admitted } = await knock(strict.port, version, CERTIFICATES[kind], session);
            expect(admitted).toBe('refused');
          }
        })(),
    );

    it(
      'R-3: a session that was verified by other authorities is not resumed, though the servers share their keys',
      realRun(async () => {
        const other = makeAuthority('another authority');
        const shared = { ...identity, requestCert: true, ticketKeys: randomBytes(48) };
        await using one = await open({ ...shared, ca: authority.cert }, greet);
        await using another = await open({ ...shared, ca: other.cert }, greet);
        const { session } = await knock(one.port, version, CERTIFICATES['good']);
        expect(session).toBeDefined();
        expect((await knock(another.port, version, CERTIFICATES['good'], session)).admitted).toBe('refused');
      }),
    );
  });
});

it.each([{ requestCert: 1 }, { requestCert: 'yes' }, { requestCert: true, rejectUnauthorized: 0 }])(
  'R-1: an option about who gets in that is not a boolean is refused: %j',
  (options) => {
    const wrong = { ...identity, ca: authority.cert, ...options } as unknown as TlsListenerOptions;
    expect(() => new TlsListener({} as Listener<Stream> as never, wrong)).toThrow(TypeError);
  },
);
