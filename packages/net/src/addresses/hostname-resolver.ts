import { abandonable } from '@tercet/core';
import { RunVar } from '@tercet/core/lowlevel';
import { lookup } from 'node:dns/promises';

/**
 * One address of a host.
 *
 * @example
 * const localhost: readonly ResolvedAddress[] = [
 *   { address: '::1', family: 6 },
 *   { address: '127.0.0.1', family: 4 },
 * ];
 * setHostnameResolver({ resolve: async () => localhost });
 */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/**
 * Finds the addresses of hosts.
 *
 * @example
 * // As a hosts file: names that a test knows, and no others.
 * const hosts = new Map([['db.test', '127.0.0.1']]);
 * const resolver: HostnameResolver = {
 *   async resolve(host) {
 *     const address = hosts.get(host);
 *     if (address === undefined) throw new Error(`${host} was not found`);
 *     return [{ address, family: 4 }];
 *   },
 * };
 * setHostnameResolver(resolver);
 */
export interface HostnameResolver {
  /**
   * Called in the task that needs the addresses; may be cancelled. @returns them in the order in which to try them.
   *
   * @param host a name, never an IP address.
   */
  resolve(host: string): PromiseLike<readonly ResolvedAddress[]>;
}

// The lookup of the operating system cannot be stopped, so a task that is cancelled leaves it behind.
const systemResolver: HostnameResolver = {
  resolve: async (host) => (await abandonable(lookup(host, { all: true, verbatim: true }))) as ResolvedAddress[],
};

const resolver = new RunVar<HostnameResolver>('hostname resolver', { default: systemResolver });

/**
 * Replaces the resolver for host names, for the whole run; for tests.
 *
 * @param replacement `undefined` for that of the operating system.
 * @returns the resolver before; `undefined` when that was the one of the operating system.
 * @throws {StateError} outside of a run.
 * @example
 * const before = setHostnameResolver({ resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
 * // In this run, each name is this machine now.
 * setHostnameResolver(before);
 */
export function setHostnameResolver(replacement: HostnameResolver | undefined): HostnameResolver | undefined {
  const before = resolver.get();
  resolver.set(replacement ?? systemResolver);
  return before === systemResolver ? undefined : before;
}

/** The resolver of this run. */
export function currentHostnameResolver(): HostnameResolver {
  return resolver.get();
}
