import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { openMergedPipe } from '../pipes/merged-pipe.ts';
import type { MergedPipe } from '../pipes/merged-pipe.ts';
import type { FilePlan, InputPlan, OutputPlan, RunPlan } from './run-plan.ts';

/** A value for the `stdio` option of Node's `spawn`. */
export type ChildStdio = 'inherit' | 'ignore' | 'pipe' | number | MergedPipe['target'];

/** Files and pipes opened for a child. */
export interface OpenFiles {
  readonly stdio: [ChildStdio, ChildStdio, ChildStdio];
  /** The pipe of both outputs, if they are merged. Its `source` stays open in this program. */
  readonly merged: MergedPipe | undefined;
  /** Closes what only the child needs. To be called as soon as the child has started, or has failed to. */
  release(): Promise<void>;
}

/** Whether anything has to be opened. If not, the process can be started synchronously. */
export function needsFiles({ stdin, stdout, stderr }: RunPlan): boolean {
  return [stdin, stdout, stderr].some(({ kind }) => kind === 'file' || kind === 'merged');
}

/**
 * Opens all files that a plan names. Not a checkpoint.
 *
 * @throws the system's error when a file cannot be opened; nothing is left open then.
 */
export async function openFiles(plan: RunPlan): Promise<OpenFiles> {
  const handles: FileHandle[] = [];
  const release = async (): Promise<void> => {
    for (const handle of handles.splice(0)) await handle.close();
  };
  const opened = async (path: string, flags: string | number): Promise<FileHandle> => {
    const handle = await open(path, flags);
    handles.push(handle);
    return handle;
  };
  try {
    const stdin = plan.stdin.kind === 'file' ? (await opened(plan.stdin.path, 'r')).fd : plainStdio(plan.stdin);
    const [out, err] = await openOutputs(plan, opened);
    const stdout = out ?? plainStdio(plan.stdout);
    if (plan.stderr.kind !== 'merged') {
      return { stdio: [stdin, stdout, err ?? plainStdio(plan.stderr)], merged: undefined, release };
    }
    if (plan.stdout.kind !== 'pipe') return { stdio: [stdin, stdout, stdout], merged: undefined, release };
    const merged = await openMergedPipe();
    const releaseBoth = async (): Promise<void> => {
      merged.target.destroy();
      await release();
    };
    return { stdio: [stdin, merged.target, merged.target], merged, release: releaseBoth };
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * Opens the files of both outputs. If both are the same file, even under two names, it is opened once: with two positions,
 * each output would overwrite the other.
 */
async function openOutputs(
  { stdout, stderr }: RunPlan,
  opened: (path: string, flags: number) => Promise<FileHandle>,
): Promise<[number | undefined, number | undefined]> {
  // Not truncated yet: the other output may have to append to the same file.
  const openOutput = ({ path, append }: FilePlan): Promise<FileHandle> =>
    opened(path, constants.O_WRONLY | constants.O_CREAT | (append ? constants.O_APPEND : 0));
  const out = stdout.kind === 'file' ? await openOutput(stdout) : undefined;
  const err = stderr.kind === 'file' ? await openOutput(stderr) : undefined;
  const isShared = out !== undefined && err !== undefined && (await isSameFile(out, err));
  if (isShared && stdout.kind === 'file' && stderr.kind === 'file' && stdout.append !== stderr.append) {
    throw new RangeError(
      `runProcess(): stdout and stderr are the same file, ${stdout.path}, but only one of them has append: true; use stderr: 'stdout'`,
    );
  }
  if (out !== undefined && stdout.kind === 'file') await prepare(out, stdout);
  if (err !== undefined && stderr.kind === 'file' && !isShared) await prepare(err, stderr);
  return [out?.fd, isShared ? out.fd : err?.fd];
}

async function isSameFile(one: FileHandle, other: FileHandle): Promise<boolean> {
  const [a, b] = [await one.stat({ bigint: true }), await other.stat({ bigint: true })];
  return a.isFile() && a.dev === b.dev && a.ino === b.ino;
}

/** Empties a file, unless it is to be appended to. Devices and FIFOs cannot be emptied. */
async function prepare(handle: FileHandle, { append }: FilePlan): Promise<void> {
  if (!append && (await handle.stat()).isFile()) await handle.truncate(0);
}

/** The value for `spawn` when nothing has to be opened. */
export function plainStdio(plan: InputPlan | OutputPlan): 'inherit' | 'ignore' | 'pipe' | number {
  return plan.kind === 'descriptor' ? plan.descriptor : 'pipe';
}
