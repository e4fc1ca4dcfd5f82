import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StateError } from '@tercet/core';
import { createSecureContext, TLSSocket } from 'node:tls';
import { useDocumentedOnly } from '../../src/undocumented/documented-only.ts';
import { TlsStream } from '../../src/index.ts';
import { distrustOf, sessionIdContextOf } from '../../src/tls/verify-client.ts';
import { realRun, textOf } from '../system-clock.ts';
import { authority, identity, openTlsPair } from './tls-pairs.ts';

const strict = { requestCert: true, rejectUnauthorized: true };

describe('R-16: with TERCET_DOCUMENTED_ONLY=1', () => {
  beforeEach(() => useDocumentedOnly(true));
  afterEach(() => useDocumentedOnly(undefined));

  it('no client is trusted if only undocumented parts of Node could verify it', () => {
    const verifyError = jest.fn(() => null);
    const socket = { authorized: false, authorizationError: null, _handle: { verifyError } } as unknown as TLSSocket;
    expect(distrustOf(socket, strict)?.message).toMatch(/no way to find out/);
    expect(verifyError).not.toHaveBeenCalled();
  });

  it('a server with a secureContext cannot ask for certificates', () => {
    const secureContext = createSecureContext(identity);
    const options = { serverSide: true, secureContext, requestCert: true };
    expect(() => new TlsStream({ sendAll: () => undefined } as never, options)).toThrow(StateError);
    expect(() => new TlsStream({ sendAll: () => undefined } as never, options)).toThrow(/pass key, cert and ca/);
  });

  it(
    'a server with a secureContext that asks for none listens to nothing that Node does not document',
    realRun(async () => {
      const on = jest.spyOn(TLSSocket.prototype, 'on');
      const [client, server] = await openTlsPair({ server: { secureContext: createSecureContext(identity) } });
      await client.sendAll('x');
      expect(textOf(await server.receiveSome())).toBe('x');
      expect(on.mock.calls.map(([event]) => event)).toContain('secure');
      expect(on.mock.calls.map(([event]) => event)).not.toContain('_tlsError');
    }),
  );
});

it('R-1: if Node does not give a verdict at all, no client is trusted', () => {
  const socket = { authorized: false, authorizationError: null, _handle: {} } as unknown as TLSSocket;
  expect(distrustOf(socket, strict)).toBeInstanceOf(Error);
  expect(distrustOf(socket, { ...strict, requestCert: false })).toBeUndefined();
});

it('R-3: sessions bear the mark of what the server trusts, the same in each process that is started alike', () => {
  const contextOf = (options: object, policy = strict): string => sessionIdContextOf(options, policy);
  const options = { ca: authority.cert };
  expect(contextOf(options)).toBe(contextOf({ ...options }));
  expect(contextOf(options)).toMatch(/^[0-9a-f]{32}$/);
  const others = [
    contextOf({}),
    contextOf({ ca: [authority.cert, authority.cert] }),
    contextOf({ ...options, crl: 'revoked' }),
    contextOf({ ...options, allowPartialTrustChain: true }),
    contextOf(options, { ...strict, rejectUnauthorized: false }),
    contextOf(options, { ...strict, requestCert: false }),
  ];
  expect(new Set([contextOf(options), ...others]).size).toBe(7);
});
