import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { openMergedPipe } from '../pipes/merged-pipe.ts';
import type { MergedPipe } from '../pipes/merged-pipe.ts';
import type { FilePlan, InputPlan, OutputPlan, RunPlan } from './run-plan.ts';

/** What Node is told to give the child. */
export type ChildStdio = 'inherit' | 'ignore' | 'pipe' | number | MergedPipe['target'];

/** What has to be open when a process starts, and what of it remains here. */
export interface OpenFiles {
  readonly stdio: [ChildStdio, ChildStdio, ChildStdio];
  /** Where both outputs come out, when they are merged. */
  readonly merged: MergedPipe | undefined;
  /** Closes what only the child needs; to be called as soon as it has been started, or could not be. */
  release(): Promise<void>;
}

/** Whether there is anything to open: otherwise a process is started in the same step. */
export function needsFiles({ stdin, stdout, stderr }: RunPlan): boolean {
  return [stdin, stdout, stderr].some(({ kind }) => kind === 'file' || kind === 'merged');
}

/** Not a checkpoint. @throws the system's error when a file cannot be opened; nothing is left open then. */
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
 * Opens the files of both outputs. If they are one, however it is called, they share its opening: with one each, either
 * would write over what the other one has written.
 */
async function openOutputs(
  { stdout, stderr }: RunPlan,
  opened: (path: string, flags: number) => Promise<FileHandle>,
): Promise<[number | undefined, number | undefined]> {
  // Emptied only when it is certain that nobody is to continue it.
  const openOutput = ({ path, append }: FilePlan): Promise<FileHandle> =>
    opened(path, constants.O_WRONLY | constants.O_CREAT | (append ? constants.O_APPEND : 0));
  const out = stdout.kind === 'file' ? await openOutput(stdout) : undefined;
  const err = stderr.kind === 'file' ? await openOutput(stderr) : undefined;
  const isShared = out !== undefined && err !== undefined && (await isSameFile(out, err));
  if (isShared && stdout.kind === 'file' && stderr.kind === 'file' && stdout.append !== stderr.append) {
    throw new RangeError(
      `runProcess(): stdout and stderr are one file, ${stdout.path}, which cannot be emptied and continued; use stderr: 'stdout'`,
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

/** Devices and FIFOs cannot be emptied. */
async function prepare(handle: FileHandle, { append }: FilePlan): Promise<void> {
  if (!append && (await handle.stat()).isFile()) await handle.truncate(0);
}

/** What Node is told when nothing has to be opened. */
export function plainStdio(plan: InputPlan | OutputPlan): 'inherit' | 'ignore' | 'pipe' | number {
  return plan.kind === 'descriptor' ? plan.descriptor : 'pipe';
}
