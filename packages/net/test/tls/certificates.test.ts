import { expect, it } from '@jest/globals';
import { createSecureContext } from 'node:tls';
import { makeAuthority } from './certificates.ts';

it('a certificate of the tests can be read, whatever its length', () => {
  const authority = makeAuthority('any length');
  const refused = Array.from({ length: 64 }, (_, n) => n + 1).filter((length) => {
    try {
      createSecureContext(authority.issue('x'.repeat(length)));
      return false;
    } catch {
      return true;
    }
  });
  expect(refused).toEqual([]);
});
