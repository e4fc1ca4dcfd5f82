import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { statSync } from 'node:fs';
import { isError } from '@tercet/core/lowlevel';

/** The program to start, and how to start it. */
export interface SpawnPlan {
  readonly file: string;
  readonly args: readonly string[];
  readonly shell: boolean;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>> | undefined;
  /** Whether signals go to the child and its descendants. For that it becomes the leader of a new process group. */
  readonly leadsGroup: boolean;
}

/**
 * Starts a child. Not a checkpoint.
 *
 * The child is running when this returns, and the caller is responsible for ending it.
 *
 * @throws the system's error, with its `code`, when the child cannot be started.
 */
export async function spawnChild(plan: SpawnPlan, stdio: StdioOptions): Promise<ChildProcess> {
  let child: ChildProcess;
  try {
    child = spawn(plan.file, plan.args, {
      stdio,
      shell: plan.shell,
      cwd: plan.cwd,
      env: plan.env as NodeJS.ProcessEnv | undefined,
      // Windows has no groups. There, this would leave the child without a console.
      detached: plan.leadsGroup && process.platform !== 'win32',
      windowsHide: true,
    });
  } catch (error) {
    throw explain(error, plan);
  }
  // Node throws some failures, and emits others in the next tick. Either way nothing has been started.
  if (child.pid === undefined) {
    throw explain(await new Promise<unknown>((resolve) => child.once('error', resolve)), plan);
  }
  return child;
}

/** The system reports a missing working directory as if the program were missing. This returns an error that says which. */
function explain(error: unknown, { cwd }: SpawnPlan): unknown {
  if (cwd === undefined || !isError(error) || !('code' in error)) return error;
  const { code } = error;
  if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EACCES') return error;
  try {
    if (statSync(cwd).isDirectory()) return error;
  } catch (cause) {
    if (!isError(cause)) throw cause;
    const { code: why, errno } = cause as NodeJS.ErrnoException;
    return folderError(`the working directory ${cwd} cannot be entered: ${cause.message}`, cwd, why, errno, error);
  }
  return folderError(`the working directory ${cwd} is not a folder`, cwd, 'ENOTDIR', undefined, error);
}

function folderError(
  message: string,
  path: string,
  code: string | undefined,
  errno: number | undefined,
  cause: unknown,
): Error {
  return Object.assign(new Error(message, { cause }), { code, errno, syscall: 'chdir', path });
}
