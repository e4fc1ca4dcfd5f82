import { shielded } from '@tercet/core';
import type { BinaryFile, Path } from '@tercet/fs';
import { openLogFile } from './log-file.ts';

export interface Rotation {
  /** The largest size of a file. It is rotated before it would grow beyond that: bytes. */
  readonly size: number;
  /** How many rotated files are kept. `build.log.1` is the newest. */
  readonly keep: number;
}

/** A log file that is rotated when it has become too large. */
export class RotatingLog {
  readonly #path: Path;
  readonly #rotation: Rotation;
  #file: BinaryFile;
  #size: number;

  private constructor(path: Path, rotation: Rotation, file: BinaryFile, size: number) {
    this.#path = path;
    this.#rotation = rotation;
    this.#file = file;
    this.#size = size;
  }

  static async open(path: Path, rotation: Rotation): Promise<RotatingLog> {
    const { file, size } = await openLogFile(path);
    return new RotatingLog(path, rotation, file, size);
  }

  /** Writes all of it to one file. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#size > 0 && this.#size + bytes.length > this.#rotation.size) await shielded(() => this.#rotate());
    this.#size += bytes.length;
    await this.#file.write(bytes);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #rotate(): Promise<void> {
    await this.#file.close();
    for (let n = this.#rotation.keep; n > 0; n--) {
      const younger = n === 1 ? this.#path : this.#old(n - 1);
      if (await younger.exists()) await younger.rename(this.#old(n));
    }
    this.#file = (await openLogFile(this.#path, true)).file;
    this.#size = 0;
  }

  #old(number: number): Path {
    return this.#path.withName(`${this.#path.name}.${number}`);
  }
}
