/**
 * For tests of programs that use the network: what finds addresses and makes sockets, replaced for one run.
 *
 * @packageDocumentation
 */

export { setHostnameResolver } from './addresses/hostname-resolver.ts';
export type { HostnameResolver, ResolvedAddress } from './addresses/hostname-resolver.ts';
export { setSocketFactory } from './sockets/socket-factory.ts';
export type { SocketFactory } from './sockets/socket-factory.ts';
