import { Duplex } from 'node:stream';

type Done = (error?: Error | null) => void;

/** Takes the records that Node's TLS writes. */
export interface RecordSink {
  /** Takes a record, or a part of one. */
  push(bytes: Uint8Array): void;
  /** Called before Node's TLS hears that they are taken, and with `false` afterwards. */
  onWriting(isWriting: boolean): void;
  /** Node's TLS has given up. */
  onDestroyed(): void;
}

/**
 * The connection of Node's TLS. It only queues: records that it writes go to the sink, and records that it reads are pushed
 * by the task that has received them. The end of the transport is never pushed, because Node would report it as a regular
 * end, and only a close_notify of the peer is one.
 */
export class CipherDuplex extends Duplex {
  readonly #sink: RecordSink;

  constructor(sink: RecordSink) {
    super();
    this.#sink = sink;
  }

  override _read(): void {
    // It is pushed.
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#sink.push(chunk);
    this.#confirm(done);
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: Done): void {
    for (const { chunk } of chunks) this.#sink.push(chunk);
    this.#confirm(done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#sink.onDestroyed();
    done(error);
  }

  // In the next tick: then Node schedules its next step before the sink does, so the sink knows when that is done.
  #confirm(done: Done): void {
    this.#sink.onWriting(true);
    process.nextTick(() => {
      done();
      this.#sink.onWriting(false);
    });
  }
}
