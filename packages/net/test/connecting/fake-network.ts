import { sleep } from '@tercet/core';
import { spawnSystemTask } from '@tercet/core/lowlevel';
import { Socket } from 'node:net';
import type { NetConnectOpts, TcpNetConnectOpts } from 'node:net';
import { setHostnameResolver, setSocketFactory } from '../../src/testing.ts';
import type { ResolvedAddress } from '../../src/testing.ts';

/** The fate of an attempt: after how many milliseconds it succeeds, or fails. */
export interface Script {
  readonly after: number;
  readonly outcome: 'success' | 'failure' | 'failure at creation' | 'mistake';
}

/** Hosts and sockets that exist only in a run. Every host has the addresses of the script, in its order. */
export class FakeNetwork {
  readonly #scripts: ReadonlyMap<string, Script>;
  readonly sockets: { readonly address: string; readonly socket: Socket }[] = [];
  /** The addresses in the order in which they were tried. */
  readonly tried: string[] = [];

  constructor(scripts: Readonly<Record<string, Script>>) {
    this.#scripts = new Map(Object.entries(scripts));
    setHostnameResolver({ resolve: async () => this.addresses });
    setSocketFactory({ connect: (options) => this.#connect(options) });
  }

  get addresses(): ResolvedAddress[] {
    return [...this.#scripts.keys()].map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  }

  /** The addresses of the sockets that are open. */
  get open(): string[] {
    return this.sockets.filter(({ socket }) => !socket.destroyed).map(({ address }) => address);
  }

  #connect(options: NetConnectOpts): Socket {
    const address = (options as TcpNetConnectOpts).host!;
    this.tried.push(address);
    const { after, outcome } = this.#scripts.get(address)!;
    if (outcome === 'failure at creation') throw systemError('EAFNOSUPPORT', address);
    const socket = new Socket();
    this.sockets.push({ address, socket });
    spawnSystemTask(async () => {
      await sleep(after);
      if (socket.destroyed) return;
      if (outcome === 'success') socket.emit('connect');
      else if (outcome === 'mistake') socket.emit('error', new TypeError('mistake'));
      else socket.emit('error', systemError('ECONNREFUSED', address));
    });
    return socket;
  }
}

export function systemError(code: string, address = ''): Error {
  return Object.assign(new Error(`connect ${code} ${address}`), { code, errno: -1, syscall: 'connect' });
}
