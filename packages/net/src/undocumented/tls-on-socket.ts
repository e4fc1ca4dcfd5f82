import { Socket } from 'node:net';
import type { SocketConstructorOpts } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { getSystemErrorMap } from 'node:util';
import type { OnreadOption } from '../sockets/socket-reader.ts';
import { handleOf } from './handle.ts';

// Node can do TLS on the handle of a socket, so that records never come to JavaScript. For the contract of our streams that
// lacks three things, which are taken from undocumented parts: reading to given memory, telling a cut-off connection
// from an announced end, and noticing that nothing can be sent any more. `tls-probe.ts` tries whether they work.

const alreadyReading = [...getSystemErrorMap()].find(([, [name]]) => name === 'EALREADY')?.[0];

/**
 * Calls `onCutOff` before the end of the peer's data is reported, if the peer has not announced it by a close_notify.
 *
 * Node reports both kinds of end in the same way. But it does so from within reading. If the end was announced, the
 * operating system is still being asked for more bytes then; if the connection has ended, it is not. A reader that has
 * stopped does not ask either, but then only an announced end can have been among the bytes that were read before.
 *
 * @param isStopped whether the reader of `socket` has stopped.
 */
export function watchEnd(socket: TLSSocket, raw: Socket, isStopped: () => boolean, onCutOff: () => void): void {
  const push = socket.push.bind(socket);
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk === null && !isStopped() && handleOf(raw)?.readStart() !== alreadyReading) onCutOff();
    return push(chunk, encoding);
  };
}

/** Number of bytes that TLS holds back although the operating system would take more. */
export function heldBack(socket: TLSSocket, raw: Socket): number {
  const below = handleOf(raw);
  return below === undefined || below.writeQueueSize > 0 ? 0 : (handleOf(socket)?.writeQueueSize ?? 0);
}

/** Gives a TLS socket an `onread`. Node takes that option only of a TLS socket that makes its connection itself. */
export function giveOnread(socket: TLSSocket, { buffer, callback }: OnreadOption): void {
  const fields = (onreadFields ??= findOnreadFields());
  const memory = buffer();
  Object.assign(socket, { [fields.memory]: memory, [fields.buffer]: buffer, [fields.callback]: callback });
  handleOf(socket)!.useUserBuffer(memory);
}

interface OnreadFields {
  readonly memory: symbol;
  readonly buffer: symbol;
  readonly callback: symbol;
}

let onreadFields: OnreadFields | undefined = undefined;

/** The symbols under which a socket keeps its `onread`. Examples show them. */
function findOnreadFields(): OnreadFields {
  const memory = new Uint8Array(1);
  const buffer = (): Uint8Array => memory;
  const callback = (): boolean => true;
  return {
    memory: fieldOf({ buffer: memory, callback }, memory),
    buffer: fieldOf({ buffer, callback }, buffer),
    callback: fieldOf({ buffer, callback }, callback),
  };
}

function fieldOf(onread: object, value: unknown): symbol {
  const example = new Socket({ onread } as SocketConstructorOpts) as unknown as Record<symbol, unknown>;
  const field = Object.getOwnPropertySymbols(example).find((symbol) => example[symbol] === value);
  if (field === undefined)
    throw new Error('this version of Node does not keep the onread of a socket in a known field');
  return field;
}
