/**
 * The modes of text files.
 *
 * @example
 * const mode: TextMode = process.argv.includes('--append') ? 'a' : 'w';
 * await using folder = await Path.temporary();
 * await using file = await openFile(folder.path.join('notes.txt'), mode); // a TextFile
 * await file.write('milk\n');
 */
export type TextMode = `${'r' | 'w' | 'a' | 'x'}${'' | '+' | 't' | '+t' | 't+'}`;

/**
 * The modes of binary files.
 *
 * @example
 * const mode: BinaryMode = process.argv.includes('--append') ? 'ab' : 'wb';
 * await using folder = await Path.temporary();
 * await using file = await openFile(folder.path.join('data.bin'), mode); // a BinaryFile
 * await file.write(new Uint8Array([1, 2, 3]));
 */
export type BinaryMode = `${'r' | 'w' | 'a' | 'x'}${'b' | 'b+' | '+b'}`;

/**
 * For a mode that is known only at run time: accepts any `string`, but no literal that is not a mode.
 *
 * @example
 * async function open<M extends string>(path: PathLike, mode: KnownMode<M>): Promise<void> {
 *   await using file = await openFile(path, mode);
 *   console.log(file.name, file.mode);
 * }
 * await using folder = await Path.temporary();
 * await open(folder.path.join('notes.txt'), 'w'); // `open(path, 'q')` does not compile
 */
export type KnownMode<M extends string> = string extends M ? M : TextMode | BinaryMode;

/** A parsed mode. */
export interface FileMode {
  readonly kind: 'r' | 'w' | 'a' | 'x';
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
  readonly binary: boolean;
}

/** @throws {RangeError} when it is not a mode. */
export function parseMode(mode: string, operation: string): FileMode {
  const parts = /^([rwax])(\+?)([bt]?)(\+?)$/.exec(mode);
  if (parts === null || (parts[2] !== '' && parts[4] !== '')) {
    throw new RangeError(
      `${operation}: ${JSON.stringify(mode)} is not a mode; a mode is r, w, a or x, plus + for reading and writing, and b for bytes`,
    );
  }
  const kind = parts[1] as FileMode['kind'];
  const both = parts[2] !== '' || parts[4] !== '';
  return {
    kind,
    read: kind === 'r' || both,
    write: kind !== 'r' || both,
    append: kind === 'a',
    binary: parts[3] === 'b',
  };
}
