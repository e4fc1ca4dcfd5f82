import { close, open, write } from 'node:fs';
import { nativePath } from '../lexical/path-bytes.ts';
import { inPool } from '../pool/in-pool.ts';
import type { ThreadPoolOptions } from '../pool/pool-limiter.ts';

/**
 * The options of operations that may create a file.
 *
 * @example
 * await using folder = await Path.temporary();
 * const options: CreateFileOptions = { mode: 0o600 };
 * await folder.path.join('key.pem').writeBytes(new Uint8Array(32), options);
 */
export interface CreateFileOptions extends ThreadPoolOptions {
  /** The permissions of a new file, before the umask; `0o666` by default. */
  readonly mode?: number;
}

/** Writes a whole file, as one operation of the pool. Once the file is open it runs to the end, to leave no half-written file. */
export function writeWhole(
  path: string,
  data: Uint8Array,
  flags: 'w' | 'a' | number,
  attempted: string,
  options?: CreateFileOptions,
): Promise<void> {
  return inPool<void>(
    attempted,
    (done) => {
      open(nativePath(path), flags, options?.mode ?? 0o666, (error, fd) => {
        if (error) return done(error);
        let written = 0;
        const onWritten = (failed: Error | null, count: number): void => {
          written += count;
          if (failed !== null || written >= data.byteLength) close(fd, (unclosed) => done(failed ?? unclosed));
          else write(fd, data, written, data.byteLength - written, null, onWritten);
        };
        if (data.byteLength === 0) onWritten(null, 0);
        else write(fd, data, 0, data.byteLength, null, onWritten);
      });
    },
    options,
  );
}
