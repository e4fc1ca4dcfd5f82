/**
 * Byte streams: their interfaces, what they are built of, and bridges to and from those of Node and of the web.
 *
 * @packageDocumentation
 */

export type { AsyncResource } from './interfaces/async-resource.ts';
export type { Sendable, SendStream } from './interfaces/send-stream.ts';
export type { ReceiveStream } from './interfaces/receive-stream.ts';
export type { HalfCloseableStream, Stream } from './interfaces/stream.ts';
export type { Listener } from './interfaces/listener.ts';

export { closeForcefully, closesAtOnce } from './contract/close-forcefully.ts';
export { StapledStream } from './composed/stapled-stream.ts';

export { addBallast, ChunkMemory } from './memory/chunk-memory.ts';
export { memoryToReadInto } from './memory/memory-to-read-into.ts';
export { ChunkQueue } from './queues/chunk-queue.ts';
export { ConflictDetector } from './contract/conflict-detector.ts';
export { iterateChunks } from './contract/iterate-chunks.ts';
export { requireMaxBytes } from './contract/require-max-bytes.ts';
export { toBytes } from './contract/to-bytes.ts';
export { ReceiveBuffer } from './queues/receive-buffer.ts';
export type { ByteSource } from './queues/receive-buffer.ts';

export { isCancelledHere } from './contract/is-cancelled-here.ts';
export { fromReadable } from './node/from-readable.ts';
export { fromWritable } from './node/from-writable.ts';
export { fromDuplex } from './node/from-duplex.ts';
export { ReadableReceiver } from './node/readable-receiver.ts';
export { WritableSender } from './node/writable-sender.ts';
export type { DirectWriter, SenderOptions } from './node/writable-sender.ts';
export { busyError, brokenError, closedError } from './contract/stream-errors.ts';
export { toDuplex, toReadable, toWritable } from './node/to-duplex.ts';
export { fromWebReadable, fromWebWritable } from './web/from-web.ts';
export { toWebReadable, toWebWritable } from './web/to-web.ts';

export { BufferedReceiveStream } from './composed/buffered-receive-stream.ts';
export type { ReceiveLimit } from './composed/buffered-receive-stream.ts';
export { LineSplitter } from './lines/line-splitter.ts';
export type { LineLimit } from './lines/line-cutter.ts';
export { IncompleteReceiveError, ReceiveLimitError } from './contract/receive-errors.ts';
