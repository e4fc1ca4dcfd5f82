import type { Sendable } from '@tercet/streams';
import type { Handshake } from './handshake.ts';
import type { PreparedTls } from './tls-options.ts';

/** The options that both paths take. */
export interface PathOptions {
  readonly tls: PreparedTls;
  readonly isHttpsCompatible: boolean;
}

/**
 * TLS over one transport. There are two paths: `RecordPump` moves records between Node's TLS and any stream; `NativeTls`
 * lets Node's TLS work on a socket itself. All that a `TlsStream` does after the handshake, it does by this interface, so
 * the five operations behave as those of a stream do: they check their arguments and the state, and are checkpoints.
 */
export interface TlsPath {
  /** Its handshake, as far as it has come. */
  readonly handshake: Handshake;
  /** Whether the transport has ended without a close_notify, where that is allowed. */
  readonly hasEndedSilently: boolean;
  /** Whether a task is sending. */
  readonly isSending: boolean;
  /** Does the handshake; called once. */
  doHandshake(operation: string): Promise<void>;
  sendAll(data: Sendable): Promise<void>;
  /** Also before the handshake is done. */
  waitSendAllMightNotBlock(): Promise<void>;
  receiveSome(maxBytes?: number): Promise<Uint8Array | null>;
  receiveInto(target: Uint8Array): Promise<number | null>;
  /** Sends a close_notify, unless it is to end silently. Called when no task is sending. */
  finish(isSilent: boolean, operation: string): Promise<void>;
  /** Drops everything. Tasks that wait fail. */
  discard(): void;
}
