import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { closeSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { Path } from '@tercet/fs';

/** The kinds of entries, in the order of the columns of the table. */
export const KINDS = [
  'file',
  'link',
  'dangling',
  'folder',
  'device',
  'fifo',
  'unreadable',
  'bytes',
  'missing',
] as const;

export type Kind = (typeof KINDS)[number];

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;

/** Makes an entry in a folder, beside the file `real` that the link leads to. The folder belongs to the user `nobody`. */
export function makeEntry(folder: Path, kind: Kind): Path {
  writeFileSync(folder.join('real').toString(), 'content');
  const path =
    kind === 'bytes' ? Path.fromBytes(Buffer.from(`${folder.toString()}/a\xff`, 'latin1')) : folder.join(kind);
  const text = path.toString();
  if (kind === 'file') writeFileSync(text, 'content');
  if (kind === 'bytes') writeFileSync(Buffer.from(path.toBytes()), 'content');
  if (kind === 'link') symlinkSync('real', text);
  if (kind === 'dangling') symlinkSync('nowhere', text);
  if (kind === 'folder') {
    mkdirSync(text);
    writeFileSync(`${text}/inner`, 'content');
  }
  if (kind === 'device') makeDevice(text);
  if (kind === 'fifo') execFileSync('mkfifo', [text]);
  if (kind === 'unreadable') {
    writeFileSync(text, 'content');
    chmodSync(text, isRoot ? 0o600 : 0);
  }
  if (isRoot) chownSync(folder.toString(), NOBODY, NOBODY);
  return path;
}

/** A device for the test. Without the permission to create one, that of the machine, which then cannot be harmed either. */
function makeDevice(path: string): void {
  if (isRoot) {
    execFileSync('mknod', [path, 'c', '1', '3']);
    closeSync(openSync(path, 'r+'));
  } else symlinkSync('/dev/null', path);
}

/** Describes the entry at a path, such as `link to a file with "content"`. */
export function stateOf(path: Path): string {
  const user = process.geteuid?.();
  if (isRoot) process.seteuid?.(0);
  try {
    return look(path);
  } finally {
    if (isRoot) process.seteuid?.(user as number);
  }
}

function look(path: Path): string {
  const native = Buffer.from(path.toBytes());
  const own = lstatSync(native, { throwIfNoEntry: false });
  if (own?.isSymbolicLink() !== true) return describe(native, own);
  return `link to ${describe(native, statSync(native, { throwIfNoEntry: false }))}`;
}

function describe(path: Buffer, stats: Stats | undefined): string {
  if (stats === undefined) return 'nothing';
  if (stats.isFile()) return `a file with "${readFileSync(path, 'utf8')}"`;
  if (stats.isDirectory()) return `a folder of ${readdirSync(path).join(', ') || 'nothing'}`;
  return stats.isFIFO() ? 'a FIFO' : stats.isCharacterDevice() ? 'a device' : 'something else';
}
