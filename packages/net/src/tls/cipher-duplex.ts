import { Duplex } from 'node:stream';

type Done = (error?: Error | null) => void;

/** Where the records go that the TLS of Node writes. */
export interface RecordSink {
  /** Takes a record, or a part of one. */
  push(bytes: Uint8Array): void;
  /** Called before the TLS of Node is told that they are taken, and with `false` after it. */
  onWriting(isWriting: boolean): void;
  /** The TLS of Node has given up. */
  onDestroyed(): void;
}

/**
 * What the TLS of Node takes for its connection. Nothing moves by itself here: what it writes goes to a queue, and what
 * it reads is pushed by whoever has received it. The end of the transport is never pushed: Node would report it as the
 * regular end of the conversation, while only a `close_notify` of the peer is one.
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

  // Later, because then Node schedules what follows before we do, and the sink knows when that has happened.
  #confirm(done: Done): void {
    this.#sink.onWriting(true);
    process.nextTick(() => {
      done();
      this.#sink.onWriting(false);
    });
  }
}
