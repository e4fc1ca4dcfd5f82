/**
 * Whether both are names of the same entry of a directory. Windows and macOS report a name as it is on the disk. The program
 * may have written it in another case, or with accents composed in another way.
 */
export function isSameName(a: string, b: string): boolean {
  return a === b || (ignoresCase() && fold(a) === fold(b));
}

/** Whether an entry has more names than the one on the disk. */
export const ignoresCase = (): boolean => process.platform === 'win32' || process.platform === 'darwin';
const fold = (name: string): string => name.normalize('NFC').toLowerCase();
