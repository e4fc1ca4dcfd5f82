import { appendFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { failAfter, openNursery, soleError } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { openFile, openTemporaryDirectory, openTemporaryFile, Path, writeAtomic } from '@tercet/fs';
import { collect } from '../support/in-folder.ts';
import { stateOf } from './entry.ts';
import type { Kind } from './entry.ts';

/** An operation, and its outcome for each kind of entry, in the order of the kinds: a value, or the code of an error. */
export interface Operation {
  readonly name: string;
  /** The process at the other end of a FIFO: opening one end waits for the other. */
  readonly peer?: 'reader' | 'writer';
  readonly run: (path: Path, folder: Path) => Promise<unknown>;
  readonly comesTo: readonly [
    file: unknown,
    link: unknown,
    dangling: unknown,
    folder: unknown,
    device: unknown,
    fifo: unknown,
    unreadable: unknown,
    bytes: unknown,
    missing: unknown,
  ];
}

const F = (text: string): string => `a file with "${text}"`;
const LF = (text: string): string => `link to ${F(text)}`;
const FOLDER = 'a folder of inner';
const isRoot = process.geteuid?.() === 0;
// Only root can create one; for other users it is a link to that of the machine.
const DEVICE = isRoot ? 'a device' : 'link to a device';
const FIFO = 'a FIFO';
const NONE = 'nothing';
const yes = true;
const no = false;

/** The entry at the path afterwards. */
const after =
  (action: (path: Path, folder: Path) => Promise<unknown>) =>
  async (path: Path, folder: Path): Promise<string> => {
    await action(path, folder);
    return stateOf(path);
  };

const names = (paths: readonly Path[]): string[] => paths.map(({ name }) => name).sort();

const isThere = (path: Path): boolean => path.existsSync();

// Columns: file, link, dangling, folder, device, fifo, unreadable, bytes, missing. Where Python's pathlib and shutil have the
// operation, the outcome is theirs.
// prettier-ignore
export const OPERATIONS: readonly Operation[] = [
  { name: 'exists', run: (p) => p.exists(), comesTo: [yes, yes, no, yes, yes, yes, yes, yes, no] },
  { name: 'existsSync', run: async (p) => isThere(p), comesTo: [yes, yes, no, yes, yes, yes, yes, yes, no] },
  { name: 'isFile', run: (p) => p.isFile(), comesTo: [yes, yes, no, no, no, no, yes, yes, no] },
  { name: 'isDir', run: (p) => p.isDir(), comesTo: [no, no, no, yes, no, no, no, no, no] },
  { name: 'isFifo', run: (p) => p.isFifo(), comesTo: [no, no, no, no, no, yes, no, no, no] },
  { name: 'isCharDevice', run: (p) => p.isCharDevice(), comesTo: [no, no, no, no, yes, no, no, no, no] },
  // Here the system checks the real user, not the effective one.
  { name: 'canAccess', run: (p) => p.canAccess('r'), comesTo: [yes, yes, no, yes, yes, yes, process.getuid?.() === 0, yes, no] },
  { name: 'stat', run: async (p) => (await p.stat()).isDirectory(), comesTo: [no, no, 'ENOENT', yes, no, no, no, no, 'ENOENT'] },
  { name: 'resolve', run: async (p) => (await p.resolve()).name, comesTo: ['file', 'real', 'nowhere', 'folder', isRoot ? 'device' : 'null', 'fifo', 'unreadable', 'a\udcff', 'missing'] },
  { name: 'readText', peer: 'writer', run: (p) => p.readText(), comesTo: ['content', 'content', 'ENOENT', 'EISDIR', '', 'content', 'EACCES', 'content', 'ENOENT'] },
  { name: 'readBytes', peer: 'writer', run: async (p) => (await p.readBytes()).length, comesTo: [7, 7, 'ENOENT', 'EISDIR', 0, 7, 'EACCES', 7, 'ENOENT'] },
  { name: 'writeText', peer: 'reader', run: after((p) => p.writeText('new')), comesTo: [F('new'), LF('new'), LF('new'), 'EISDIR', DEVICE, FIFO, 'EACCES', F('new'), F('new')] },
  { name: 'appendText', peer: 'reader', run: after((p) => p.appendText('!')), comesTo: [F('content!'), LF('content!'), LF('!'), 'EISDIR', DEVICE, FIFO, 'EACCES', F('content!'), F('!')] },
  { name: 'writeAtomic', peer: 'reader', run: after((p) => writeAtomic(p, 'new')), comesTo: [F('new'), LF('new'), LF('new'), 'EISDIR', DEVICE, FIFO, F('new'), F('new'), F('new')] },
  { name: 'openFile r', peer: 'writer', run: async (p) => { await using f = await openFile(p); return await f.read(); }, comesTo: ['content', 'content', 'ENOENT', 'EISDIR', '', 'content', 'EACCES', 'content', 'ENOENT'] },
  { name: 'openFile w', peer: 'reader', run: after(async (p) => { await using f = await openFile(p, 'w'); await f.write('new'); }), comesTo: [F('new'), LF('new'), LF('new'), 'EISDIR', DEVICE, FIFO, 'EACCES', F('new'), F('new')] },
  { name: 'openFile a', peer: 'reader', run: after(async (p) => { await using f = await openFile(p, 'a'); await f.write('!'); }), comesTo: [F('content!'), LF('content!'), LF('!'), 'EISDIR', DEVICE, FIFO, 'EACCES', F('content!'), F('!')] },
  { name: 'openFile x', run: after(async (p) => { await using f = await openFile(p, 'x'); await f.write('new'); }), comesTo: ['EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', F('new')] },
  { name: 'openFile r+', run: after(async (p) => { await using f = await openFile(p, 'r+'); await f.write('new'); }), comesTo: [F('newtent'), LF('newtent'), 'ENOENT', 'EISDIR', DEVICE, FIFO, 'EACCES', F('newtent'), 'ENOENT'] },
  { name: 'openFile a+', run: async (p) => { await using f = await openFile(p, 'a+b'); await f.write(Buffer.from('!')); await f.flush(); return (await f.read(1)).length; }, comesTo: [0, 0, 0, 'EISDIR', 0, 1, 'EACCES', 0, 0] },
  { name: 'truncate', run: after((p) => p.truncate(3)), comesTo: [F('con'), LF('con'), 'ENOENT', 'EISDIR', 'EINVAL', 'EINVAL', 'EACCES', F('con'), 'ENOENT'] },
  { name: 'touch', run: after((p) => p.touch()), comesTo: [F('content'), LF('content'), LF(''), FOLDER, DEVICE, FIFO, 'EPERM', F('content'), F('')] },
  { name: 'touch anew', run: after((p) => p.touch({ existOk: false })), comesTo: ['EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', F('')] },
  { name: 'mkdir', run: after((p) => p.mkdir()), comesTo: ['EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'a folder of nothing'] },
  { name: 'mkdir, if need be', run: after((p) => p.mkdir({ parents: true, existOk: true })), comesTo: ['EEXIST', 'EEXIST', 'EEXIST', FOLDER, 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'a folder of nothing'] },
  { name: 'readlink', run: async (p) => (await p.readlink()).name, comesTo: ['EINVAL', 'real', 'nowhere', 'EINVAL', isRoot ? 'EINVAL' : 'null', 'EINVAL', 'EINVAL', 'EINVAL', 'ENOENT'] },
  { name: 'symlinkTo', run: after((p) => p.symlinkTo('real')), comesTo: ['EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', LF('content')] },
  { name: 'samefile', run: (p, f) => p.samefile(f.join('real')), comesTo: [no, yes, 'ENOENT', no, no, no, no, no, 'ENOENT'] },
  { name: 'rename', run: async (p, f) => stateOf(await p.rename(f.join('moved'))), comesTo: [F('content'), LF('content'), `link to ${NONE}`, FOLDER, DEVICE, FIFO, F('content'), F('content'), 'ENOENT'] },
  { name: 'replace it', run: after(async (p, f) => { await f.join('real').rename(p); }), comesTo: [F('content'), F('content'), F('content'), 'EISDIR', F('content'), F('content'), F('content'), F('content'), F('content')] },
  { name: 'copy', run: async (p, f) => stateOf(await p.copy(f.join('copy'))), comesTo: [F('content'), F('content'), 'ENOENT', FOLDER, F(''), 'ENOTSUP', 'EACCES', F('content'), 'ENOENT'] },
  { name: 'copy onto it', run: after(async (p, f) => { writeFileSync(f.join('other').toString(), 'new'); await f.join('other').copy(p); }), comesTo: [F('new'), LF('new'), LF('new'), 'EISDIR', DEVICE, 'ENOTSUP', 'EACCES', F('new'), F('new')] },
  { name: 'copy onto it, if it is not there', run: after((p, f) => f.join('real').copy(p, { overwrite: false })), comesTo: ['EEXIST', 'EEXIST', 'EEXIST', 'EISDIR', 'EEXIST', 'ENOTSUP', 'EEXIST', 'EEXIST', F('content')] },
  { name: 'copy a folder onto it', run: after(async (p, f) => { await f.join('tree').mkdir(); await f.join('tree').copy(p); }), comesTo: ['EEXIST', 'EEXIST', 'EEXIST', FOLDER, 'EEXIST', 'EEXIST', 'EEXIST', 'EEXIST', 'a folder of nothing'] },
  { name: 'unlink', run: after((p) => p.unlink()), comesTo: [NONE, NONE, NONE, 'EISDIR', NONE, NONE, NONE, NONE, 'ENOENT'] },
  { name: 'rmdir', run: after((p) => p.rmdir()), comesTo: ['ENOTDIR', 'ENOTDIR', 'ENOTDIR', 'ENOTEMPTY', 'ENOTDIR', 'ENOTDIR', 'ENOTDIR', 'ENOTDIR', 'ENOENT'] },
  { name: 'remove', run: after((p) => p.remove()), comesTo: [NONE, NONE, NONE, 'ENOTEMPTY', NONE, NONE, NONE, NONE, 'ENOENT'] },
  { name: 'remove the tree', run: after((p) => p.remove({ recursive: true })), comesTo: [NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, 'ENOENT'] },
  { name: 'removeSync', run: after(async (p) => p.removeSync()), comesTo: [NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE] },
  { name: 'iterdir', run: async (p) => names(await collect(p.iterdir())), comesTo: ['ENOTDIR', 'ENOTDIR', 'ENOENT', ['inner'], 'ENOTDIR', 'ENOTDIR', 'ENOTDIR', 'ENOTDIR', 'ENOENT'] },
  { name: 'walk', run: async (p) => (await collect(p.walk())).flatMap(({ files }) => files), comesTo: ['ENOTDIR', 'ENOTDIR', 'ENOENT', ['inner'], 'ENOTDIR', 'ENOTDIR', 'ENOTDIR', 'ENOTDIR', 'ENOENT'] },
  { name: 'glob', run: async (p) => names(await collect(p.glob('**'))), comesTo: [[], [], [], ['inner'], [], [], [], [], []] },
  { name: 'tail', run: (p) => collect(p.tail()), comesTo: [['content'], ['content'], 'ENOENT', 'EISDIR', 'ENOTSUP', 'ENOTSUP', 'EACCES', ['content'], 'ENOENT'] },
  { name: 'tail it by name', run: (p) => firstLine(p.tail({ follow: 'name', from: 'start' }), p), comesTo: ['content', 'content', 'content', 'EISDIR', 'ENOTSUP', 'ENOTSUP', 'EACCES', 'content', 'content'] },
  { name: 'openTemporaryFile in it', run: async (p) => { await using t = await openTemporaryFile('w+', { dir: p }); return isThere(t.path); }, comesTo: ['ENOTDIR', 'ENOTDIR', 'ENOENT', yes, 'ENOTDIR', 'ENOTDIR', 'ENOTDIR', 'ENOTDIR', 'ENOENT'] },
  { name: 'openTemporaryDirectory in it', run: async (p) => { await using t = await openTemporaryDirectory({ dir: p }); return isThere(t.path); }, comesTo: ['ENOTDIR', 'ENOTDIR', 'ENOENT', yes, 'ENOTDIR', 'ENOTDIR', 'ENOTDIR', 'ENOTDIR', 'ENOENT'] },
  { name: 'watch', run: watched, comesTo: ['removed', 'removed', 'created', 'removed', 'removed', 'removed', 'removed', 'removed', 'created'] },
];

async function watched(path: Path): Promise<string> {
  await using events = path.watch({ debounce: 5 });
  const native = Buffer.from(path.toBytes());
  if (isThere(path)) rmSync(native.includes(0xff) ? native : path.toString(), { recursive: true });
  else writeFileSync(native, 'x');
  return await failAfter(20_000, async () => {
    for await (const event of events) if (event.type !== 'overflow' && event.path.equals(path)) return event.type;
    return 'the end';
  });
}

/** The first line of a file, which is completed or created meanwhile. */
async function firstLine(lines: AsyncIterableIterator<string> & AsyncDisposable, path: Path): Promise<unknown> {
  await using _ = lines;
  let line: unknown;
  try {
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        line = (await failAfter(20_000, () => lines.next())).value;
      });
      await waitAllTasksBlocked(20);
      completeLine(path);
    });
  } catch (error) {
    throw soleError(error);
  }
  return line;
}

/** Does nothing with entries that cannot be written: the operation itself reports them, on a slow machine only later. */
function completeLine(path: Path): void {
  const native = Buffer.from(path.toBytes());
  if (statSync(native, { throwIfNoEntry: false })?.isFile() === false) return;
  try {
    appendFileSync(native, isThere(path) ? '\n' : 'content\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
  }
}

/** How a folder lists an entry, and what a copy of the folder has in its place, or the code of an error. */
// prettier-ignore
export const IN_A_FOLDER: Readonly<Record<Kind, { readonly listed: 'dirs' | 'files' | 'nowhere'; readonly copied: string }>> = {
  file: { listed: 'files', copied: F('content') },
  link: { listed: 'files', copied: LF('content') },
  dangling: { listed: 'files', copied: `link to ${NONE}` },
  folder: { listed: 'dirs', copied: FOLDER },
  device: { listed: 'files', copied: isRoot ? 'ENOTSUP' : DEVICE },
  fifo: { listed: 'files', copied: 'ENOTSUP' },
  unreadable: { listed: 'files', copied: 'EACCES' },
  bytes: { listed: 'files', copied: F('content') },
  missing: { listed: 'nowhere', copied: NONE },
};
