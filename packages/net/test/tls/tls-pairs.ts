import { all } from '@tercet/core';
import { StapledStream } from '@tercet/streams';
import type { Stream } from '@tercet/streams';
import { memoryStreamPair } from '@tercet/testing';
import { TlsStream } from '../../src/index.ts';
import type { TlsStreamOptions } from '../../src/index.ts';
import { tcpPair } from '../pairs.ts';
import { hold } from '../system-clock.ts';
import { makeAuthority } from './certificates.ts';
import type { Authority, Identity } from './certificates.ts';

export const authority: Authority = makeAuthority('authority of the tests');
export const identity: Identity = authority.issue('server.example', '*.wild.example', '127.0.0.1');

export const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
export type Version = (typeof VERSIONS)[number];

/** Two ends of a TCP connection that TLS cannot know for sockets. */
export async function disguisedPair(): Promise<readonly [Stream, Stream]> {
  const [near, far] = await tcpPair();
  return [new StapledStream(near, near), new StapledStream(far, far)];
}

/** The two ways that TLS has; each has to do the same. */
export const PATHS: readonly (readonly [string, NonNullable<PairOptions['transports']>])[] = [
  ['over any stream', memoryStreamPair],
  ['on a socket', tcpPair],
];

export interface PairOptions {
  readonly version?: Version;
  readonly client?: TlsStreamOptions;
  readonly server?: TlsStreamOptions;
  readonly transports?: () => PromiseLike<readonly [Stream, Stream]> | readonly [Stream, Stream];
}

/** A client and a server of TLS over two connected streams, before their handshake. */
export async function tlsPair(options: PairOptions = {}): Promise<[TlsStream, TlsStream]> {
  const { version, transports = memoryStreamPair } = options;
  const versions = version === undefined ? {} : { minVersion: version, maxVersion: version };
  const [near, far] = await transports();
  const client = new TlsStream(near, {
    ca: authority.cert,
    serverHostname: 'server.example',
    ...versions,
    ...options.client,
  });
  const server = new TlsStream(far, { ...identity, serverSide: true, ...versions, ...options.server });
  return [hold(client), hold(server)];
}

/** The same after the handshake. */
export async function openTlsPair(options: PairOptions = {}): Promise<[TlsStream, TlsStream]> {
  const [client, server] = await tlsPair(options);
  await all([() => client.doHandshake(), () => server.doHandshake()]);
  return [client, server];
}

/** Counts how often a stream is closed. */
export class CountingStream extends StapledStream {
  closes = 0;
  closeError: unknown = undefined;
  sendError: unknown = undefined;
  receiveError: unknown = undefined;

  constructor(stream: Stream) {
    super(stream, stream);
  }

  override sendAll(data: Parameters<StapledStream['sendAll']>[0]): Promise<void> {
    return this.sendError === undefined ? super.sendAll(data) : Promise.reject(this.sendError);
  }

  override receiveSome(maxBytes?: number): Promise<Uint8Array | null> {
    return this.receiveError === undefined ? super.receiveSome(maxBytes) : Promise.reject(this.receiveError);
  }

  override async close(): Promise<void> {
    this.closes++;
    if (this.closeError !== undefined) throw this.closeError;
    await this.sendStream.close();
  }
}
