import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { systemError } from '../pool/fs-error.ts';
import { close, fchmod, fstat, open, read, write } from '../steps/node-calls.ts';
import { rest } from '../steps/steps.ts';
import type { Steps } from '../steps/steps.ts';
import { nativePath } from '../lexical/path-bytes.ts';

const CHUNK = 256 * 1024;

/** Copies a file chunk by chunk. For devices, and for files that the kernel generates, whose size is not known. */
export function* copyContent(from: string, to: string, source: BigIntStats, overwrite: boolean): Steps<void> {
  const input = yield* open(nativePath(from), constants.O_RDONLY);
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | (overwrite ? constants.O_TRUNC : constants.O_EXCL);
    const output = yield* open(nativePath(to), flags, 0o666);
    try {
      const buffer = Buffer.allocUnsafeSlow(CHUNK);
      for (let count = yield* read(input, buffer); count > 0; count = yield* read(input, buffer)) {
        for (let written = 0; written < count;) written += yield* write(output, buffer.subarray(written, count));
        yield* rest();
      }
      // As copyFile does, except for devices.
      if (source.isFile() && (yield* fstat(output)).isFile()) yield* fchmod(output, Number(source.mode) & 0o7777);
    } finally {
      yield* close(output);
    }
  } finally {
    yield* close(input);
  }
}

/** Whether the size is that of the content. Files that the kernel generates, as below `/proc`, report size 0. */
export function hasSize(stats: BigIntStats): boolean {
  return stats.isFile() && stats.size > 0n;
}

/** @throws for FIFOs and sockets, which cannot be copied. Opening a FIFO would wait for its other end. */
export function requireContent(stats: BigIntStats, path: string): void {
  const kind = stats.isFIFO() ? 'a FIFO' : stats.isSocket() ? 'a socket' : undefined;
  if (kind !== undefined) throw systemError('ENOTSUP', `${kind} cannot be copied`, 'copyfile', path);
}
