/**
 * The parts of which streams are built, for packages that implement one: checks and errors of the contract, queues of bytes,
 * the two halves of a stream of Node, and memory to receive into.
 *
 * @packageDocumentation
 */

export { closesAtOnce } from './contract/close-forcefully.ts';
export { ConflictDetector } from './contract/conflict-detector.ts';
export { isCancelledHere } from './contract/is-cancelled-here.ts';
export { iterateChunks } from './contract/iterate-chunks.ts';
export { requireMaxBytes } from './contract/require-max-bytes.ts';
export { brokenError, busyError, closedError } from './contract/stream-errors.ts';
export { toBytes } from './contract/to-bytes.ts';

export { memoryToReadInto } from './memory/memory-to-read-into.ts';

export { ChunkQueue } from './queues/chunk-queue.ts';
export { ReceiveBuffer } from './queues/receive-buffer.ts';
export type { ByteSource } from './queues/receive-buffer.ts';
export { LineSplitter } from './lines/line-splitter.ts';
export type { LineLimit } from './lines/line-cutter.ts';

export { ReadableReceiver } from './node/readable-receiver.ts';
export { WritableSender } from './node/writable-sender.ts';
export type { SenderOptions } from './node/writable-sender.ts';
