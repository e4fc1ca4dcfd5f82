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

export { closeForcefully } from './close-forcefully.ts';
export { StapledStream } from './stapled-stream.ts';

export { ConflictDetector } from './building/conflict-detector.ts';
export { iterateChunks } from './building/iterate-chunks.ts';
export { requireMaxBytes } from './building/require-max-bytes.ts';
export { toBytes } from './building/to-bytes.ts';
