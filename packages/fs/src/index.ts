/**
 * Paths and files: pathlib in camelCase, and open files with Python's modes. Everything is read on demand, and can be cancelled.
 *
 * @packageDocumentation
 */

export { Path } from './path/path.ts';
export type { ReadTextOptions, WriteTextOptions } from './path/path.ts';
export type { ChangeablePath } from './path/changeable-path.ts';
export type { InspectablePath } from './path/inspectable-path.ts';
export { PurePath } from './lexical/pure-path.ts';
export type { PathLike } from './lexical/pure-path.ts';
export { PurePosixPath } from './lexical/pure-posix-path.ts';
export { PureWindowsPath } from './lexical/pure-windows-path.ts';
export type { MkdirOptions } from './operations/make-directory.ts';
export type { RemovePathOptions, UnlinkOptions } from './operations/remove-path.ts';

export { openFile } from './files/open-file.ts';
export type { OpenFileOptions } from './files/open-file.ts';
export type { BinaryMode, KnownMode, TextMode } from './files/mode.ts';
export { TextFile } from './files/text-file.ts';
export type { LinesOptions, TextFileOptions } from './files/text-file.ts';
export { BinaryFile } from './files/binary-file.ts';
export type { OpenedFile } from './files/opened-file.ts';
export type { FileLock, FileLockOptions } from './files/file-lock.ts';
export type { Whence } from './files/cursor.ts';
export type { Newline } from './files/line-ends.ts';
export type { DecodeTextOptions, EncodeTextOptions, TextEncoding } from './files/text-encoding.ts';
export type { CreateFileOptions } from './files/write-whole.ts';

export { wrapFile } from './files/wrap-file.ts';
export type { FileHandleLike, WrapFileOptions } from './files/wrap-file.ts';
export type { FileLike, WrappedFile, WrappedMethods, WrappedProperties } from './files/wrapped-file.ts';

export type { WalkOptions, WalkedDirectory } from './walk/walk-sequence.ts';
export type { GlobOptions } from './walk/glob-sequence.ts';
export type { TailOptions } from './tail/tail-sequence.ts';
export type { WatchEvent, WatchOptions } from './watch/watch-sequence.ts';

export { openTemporaryDirectory, openTemporaryFile } from './path/temporary-file.ts';
export type { TemporaryFile, TemporaryFileOptions } from './path/temporary-file.ts';
export type { TemporaryDirectory, TemporaryOptions } from './temporary/temporary-directory.ts';
export { writeAtomic } from './atomic/write-atomic.ts';
export type { WriteAtomicOptions } from './atomic/write-atomic.ts';

export { FsError } from './pool/fs-error.ts';
export type { FsSystemError } from './pool/fs-error.ts';
export { defaultPoolLimiter } from './pool/pool-limiter.ts';
export type { ThreadPoolOptions } from './pool/pool-limiter.ts';
