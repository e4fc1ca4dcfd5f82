/**
 * Byte streams: their interfaces, reading of protocols, and bridges to and from the streams of Node and of the web.
 *
 * @packageDocumentation
 */

export type { AsyncResource } from './interfaces/async-resource.ts';
export type { Sendable, SendStream } from './interfaces/send-stream.ts';
export type { ReceiveStream } from './interfaces/receive-stream.ts';
export type { HalfCloseableStream, Stream } from './interfaces/stream.ts';
export type { Listener } from './interfaces/listener.ts';
export { closeForcefully } from './contract/close-forcefully.ts';

export { BufferedReceiveStream } from './composed/buffered-receive-stream.ts';
export type { ReceiveLimit } from './composed/buffered-receive-stream.ts';
export { IncompleteReceiveError, ReceiveLimitError } from './contract/receive-errors.ts';
export { StapledStream } from './composed/stapled-stream.ts';

export { fromReadable } from './node/from-readable.ts';
export { fromWritable } from './node/from-writable.ts';
export { fromDuplex } from './node/from-duplex.ts';
export { toDuplex, toReadable, toWritable } from './node/to-duplex.ts';
export { fromWebReadable, fromWebWritable } from './web/from-web.ts';
export { toWebReadable, toWebWritable } from './web/to-web.ts';
