import type { Socket } from 'node:net';
import { SocketReader } from '../sockets/socket-reader.ts';

/** The most that a record of TLS holds. */
const FULL_RECORD = 16 * 1024;

/** So much is put together. */
const PIECE = 4 * FULL_RECORD;

/**
 * The receiving half of a TLS socket. Node hands over one record at a time; those of a long message, which are full but
 * for the last one, are put together, because a task that is woken for each of them spends more time on that than on the
 * data (benchmark `net`). What there is goes to the task when a record is not full, and at the latest when the event loop
 * has turned.
 */
export class RecordReader extends SocketReader {
  #piece: Uint8Array | undefined = undefined;
  #size = 0;
  #isScheduled = false;

  override attach(socket: Socket, byEvents: boolean): void {
    // What has come before an end or an error is to be received before it.
    for (const event of ['error', 'end', 'close']) socket.on(event, () => this.flush());
    super.attach(socket, byEvents);
  }

  /** Hands over what has been put together so far. @returns whether there is room for more. */
  readonly flush = (): boolean => {
    const piece = this.#piece;
    if (piece === undefined) return true;
    const size = this.#size;
    this.#piece = undefined;
    this.#size = 0;
    // Whoever keeps a few bytes should not keep much more memory alive.
    return this.buffer.push(size > PIECE / 2 ? piece.subarray(0, size) : Buffer.from(piece.subarray(0, size)));
  };

  protected override take(lent: Uint8Array): boolean {
    const isFull = lent.length === FULL_RECORD;
    if (this.#piece === undefined) {
      if (!isFull) return super.take(lent);
      this.#piece = Buffer.allocUnsafeSlow(PIECE);
      this.#schedule();
    }
    this.#piece.set(lent, this.#size);
    this.#size += lent.length;
    return isFull && this.#size < PIECE ? true : this.flush();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#onTurn);
  }

  readonly #onTurn = (): void => {
    this.#isScheduled = false;
    if (!this.flush()) this.stop();
  };
}
