import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';

const BYTES = 8;

/**
 * Where a process notes which jobs it has begun, so that its parent knows after its death: a file that both have open, and
 * that has no name any more. To write takes a few microseconds, so of jobs that are known to be quick several are noted at a
 * time. Jobs begin in the order of their numbers.
 */
export class NotedClaims {
  readonly descriptor: number;
  readonly #note = new Float64Array(1);

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** Makes the file. */
  static create(): NotedClaims {
    const path = join(tmpdir(), `tercet-${randomUUID()}`);
    const descriptor = openSync(path, 'wx+', 0o600);
    try {
      unlinkSync(path);
    } catch {
      // Where an open file cannot be unlinked it stays behind, empty but for a number.
    }
    return new NotedClaims(descriptor);
  }

  /** The worker is about to begin the jobs up to this number. */
  begin(sequence: number): void {
    this.#note[0] = sequence;
    writeSync(this.descriptor, this.#note, 0, BYTES, 0);
  }

  /** The last job that may have begun; 0: none. */
  get begun(): number {
    const read = readSync(this.descriptor, this.#note, 0, BYTES, 0);
    return read === BYTES ? (this.#note[0] ?? 0) : 0;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
