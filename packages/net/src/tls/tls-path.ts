import type { Handshake } from './handshake.ts';
import type { PreparedTls } from './tls-options.ts';

/** What a path is made with. */
export interface PathOptions {
  readonly tls: PreparedTls;
  readonly isHttpsCompatible: boolean;
}

/**
 * How TLS gets at its transport. There are two ways: `RecordPump` moves records between Node's TLS and any stream;
 * `NativeTls` lets Node's TLS work on the socket itself.
 */
export interface TlsPath {
  /** Its handshake, as far as it has come. */
  readonly handshake: Handshake;
  /** Whether the transport has ended without a word, where that is allowed. */
  readonly hasEndedSilently: boolean;
  /** Does the handshake; called once. */
  doHandshake(operation: string): Promise<void>;
  /** Sends all of `data`, which is not empty. The caller sees to it that nobody else does. */
  send(data: Uint8Array, operation: string): Promise<void>;
  /** Waits until the transport would take something. */
  waitToSend(operation: string): Promise<void>;
  /** What the peer has sent already, at most `maxBytes`, also when something has gone wrong since; `undefined` if none. */
  takeNow(maxBytes: number | undefined): Uint8Array | undefined;
  /** Waits for what the peer sends, at most `maxBytes`. @returns `null` at the end. */
  receive(maxBytes: number | undefined, operation: string): Promise<Uint8Array | null>;
  /** Says that nothing more will come, unless that is to be left unsaid. For when nobody is sending. */
  finish(isSilent: boolean, operation: string): Promise<void>;
  /** Throws away what is there, and tells it to those who wait. */
  discard(): void;
}
