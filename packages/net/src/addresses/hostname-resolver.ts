import { abandonable } from '@tercet/core';
import { RunVar } from '@tercet/core/lowlevel';
import { lookup } from 'node:dns/promises';

/** One address of a host. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** What finds the addresses of hosts, in the order in which they should be tried. */
export interface HostnameResolver {
  /**
   * Called in the task that needs the addresses, and never for an IP address. May be cancelled.
   *
   * @param host a name, never an IP address.
   */
  resolve(host: string): PromiseLike<readonly ResolvedAddress[]>;
}

// The lookup of the operating system cannot be stopped: cancelled, it is left behind.
const systemResolver: HostnameResolver = {
  resolve: async (host) => (await abandonable(lookup(host, { all: true, verbatim: true }))) as ResolvedAddress[],
};

const resolver = new RunVar<HostnameResolver>('hostname resolver', { default: systemResolver });

/**
 * Replaces what finds the addresses of hosts, for the whole run; for tests, mostly.
 *
 * @param replacement `undefined` for that of the operating system.
 * @returns what was there before; `undefined` when that was the one of the operating system.
 * @throws {StateError} outside of a run.
 */
export function setHostnameResolver(replacement: HostnameResolver | undefined): HostnameResolver | undefined {
  const before = resolver.get();
  resolver.set(replacement ?? systemResolver);
  return before === systemResolver ? undefined : before;
}

/** What finds the addresses of hosts in this run. */
export function currentHostnameResolver(): HostnameResolver {
  return resolver.get();
}
