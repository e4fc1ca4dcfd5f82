import { Socket } from 'node:net';
import type { SocketConstructorOpts } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { getSystemErrorMap } from 'node:util';
import { SocketReader } from '../sockets/socket-reader.ts';
import type { OnreadOption } from '../sockets/socket-reader.ts';

// What is used of Node here is not documented; `native-probe.ts` tries whether it works.

/** What is used of the objects beneath sockets. */
interface Handle {
  /** Asks the operating system for what comes; `EALREADY` when it has been asked before. */
  readStart(): number;
  useUserBuffer(buffer: Uint8Array): void;
  /** How many bytes have been handed in and not been passed on. */
  readonly writeQueueSize: number;
}

/**
 * Goes on with TLS on a connected socket, which has begun in this step. Node encrypts and decrypts on the handle of the
 * socket, so that records never come to JavaScript.
 *
 * @param onCutOff called before the end of what the peer sends is told, when the peer has not announced it.
 */
export function readNatively(socket: TLSSocket, raw: Socket, onCutOff: () => void): SocketReader {
  const reader = new SocketReader();
  watchEnd(socket, raw, reader, onCutOff);
  giveOnread(socket, reader.onread);
  reader.attach(socket, false);
  return reader;
}

/**
 * Node reports the end of a TLS connection in the same way whether the peer has said that nothing more comes, or only the
 * connection has ended. But it does so at once, from within reading: if there was a word, then the operating system is
 * still being asked for more, and if the connection has ended, no more. A reader that has stopped does not ask either;
 * then only a word can have been there among what was read before.
 */
function watchEnd(socket: TLSSocket, raw: Socket, reader: SocketReader, onCutOff: () => void): void {
  const push = socket.push.bind(socket);
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk === null && !reader.isStopped && !isReading(raw)) onCutOff();
    return push(chunk, encoding);
  };
}

/** How many bytes TLS holds back, when that is not because the operating system does not take them. */
export function heldBack(socket: TLSSocket, raw: Socket): number {
  const below = handleOf(raw);
  return below === undefined || below.writeQueueSize > 0 ? 0 : (handleOf(socket)?.writeQueueSize ?? 0);
}

const alreadyReading = [...getSystemErrorMap()].find(([, [name]]) => name === 'EALREADY')?.[0];

function isReading(raw: Socket): boolean {
  const handle = handleOf(raw);
  return handle !== undefined && handle.readStart() === alreadyReading;
}

function handleOf(socket: Socket): Handle | undefined {
  return (socket as unknown as { _handle?: Handle | null })._handle ?? undefined;
}

// A TLS socket over another socket is not given the `onread` of its options, which only one that connects by itself is.
function giveOnread(socket: TLSSocket, { buffer, callback }: OnreadOption): void {
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

/** Where a socket keeps its `onread`, as two examples show: it keeps what it reads to apart from what says where that is. */
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
  if (field === undefined) throw new Error('this version of Node keeps the onread of a socket where it is not seen');
  return field;
}
