import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuthority } from '../test-authority.mjs';

/** The authority of jobd and its clients. */
export const authority = makeAuthority('jobd');

/** Where a daemon listens that demands certificates of this authority from its clients at TLS. */
export function withTls(trial) {
  const identity = authority.issue('127.0.0.1');
  for (const [name, text] of Object.entries({ cert: identity.cert, key: identity.key, ca: authority.cert })) {
    writeFileSync(join(trial.folder, name), text);
  }
  const at = (name) => join(trial.folder, name);
  return { unix: 'jobd.sock', tls: { port: 0, cert: at('cert'), key: at('key'), clients: at('ca') } };
}
