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
  const openFile = async ({ path, append }: FilePlan, isOutput: boolean): Promise<number> => {
    const handle = await open(path, isOutput ? (append ? 'a' : 'w') : 'r');
    handles.push(handle);
    return handle.fd;
  };
  try {
    const stdin = plan.stdin.kind === 'file' ? await openFile(plan.stdin, false) : plainStdio(plan.stdin);
    const stdout = plan.stdout.kind === 'file' ? await openFile(plan.stdout, true) : plainStdio(plan.stdout);
    if (plan.stderr.kind === 'file') {
      return { stdio: [stdin, stdout, await openFile(plan.stderr, true)], merged: undefined, release };
    }
    if (plan.stderr.kind !== 'merged')
      return { stdio: [stdin, stdout, plainStdio(plan.stderr)], merged: undefined, release };
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

/** What Node is told when nothing has to be opened. */
export function plainStdio(plan: InputPlan | OutputPlan): 'inherit' | 'ignore' | 'pipe' | number {
  return plan.kind === 'descriptor' ? plan.descriptor : 'pipe';
}
