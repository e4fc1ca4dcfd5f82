/**
 * Paths and files: pathlib in camelCase, open files with Python's modes, everything streaming and cancellable.
 *
 * @packageDocumentation
 */

export { Path } from './path/path.ts';
export type { ReadTextOptions, WriteTextOptions } from './path/path.ts';
export { PurePath, PurePosixPath, PureWindowsPath } from './path/pure-path.ts';
export type { PathLike } from './path/pure-path.ts';
export type { MkdirOptions } from './path/make-directory.ts';
export type { RemoveOptions, UnlinkOptions } from './path/remove-path.ts';

export { openFile } from './files/open-file.ts';
export type { OpenOptions } from './files/open-file.ts';
export type { BinaryMode, TextMode } from './files/mode.ts';
export { TextFile } from './files/text-file.ts';
export type { LinesOptions, TextFileOptions } from './files/text-file.ts';
export { BinaryFile } from './files/binary-file.ts';
export type { Whence } from './files/cursor.ts';
export type { Newline, TextReaderOptions } from './files/text-reader.ts';
export type { DecodeOptions, EncodeOptions, TextEncoding } from './files/text-encoding.ts';
export type { CreateOptions } from './files/write-whole.ts';

export { FsError } from './pool/fs-error.ts';
export { defaultPoolLimiter } from './pool/pool-limiter.ts';
export type { Limiter, PoolOptions } from './pool/pool-limiter.ts';
