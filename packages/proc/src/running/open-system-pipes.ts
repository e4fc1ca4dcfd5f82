import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isError } from '@tercet/core/lowlevel';
import { makePrivateFolder } from '../pipes/private-folder.ts';
import { SystemPipe } from '../pipes/system-pipe.ts';
import { runProcess } from './run-process.ts';

/**
 * Opens pipes of the system. Node cannot: what it makes for a child is a pair of sockets, and a program that writes to one
 * gets ECONNRESET when its reader has ended early, which it reports, in place of SIGPIPE, which ends it silently. So the program
 * `mkfifo` makes FIFOs, which are removed as soon as they are open.
 *
 * A checkpoint, unless there is nothing to open.
 *
 * @returns `undefined` where that is not possible: on Windows, and without `mkfifo`.
 */
export async function openSystemPipes(count: number): Promise<SystemPipe[] | undefined> {
  if (count === 0) return [];
  if (process.platform === 'win32') return undefined;
  const folder = makePrivateFolder('runPipeline()');
  try {
    const paths = Array.from({ length: count }, (_, index) => join(folder, String(index)));
    return (await makeFifos(paths)) ? openAll(paths) : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function makeFifos(paths: readonly string[]): Promise<boolean> {
  try {
    const { exitCode } = await runProcess('mkfifo', ['-m', '600', ...paths], {
      stdout: 'ignore',
      stderr: 'ignore',
      check: false,
    });
    return exitCode === 0;
  } catch (error) {
    if (isError(error) && (error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function openAll(paths: readonly string[]): SystemPipe[] {
  const pipes: SystemPipe[] = [];
  try {
    for (const path of paths) pipes.push(SystemPipe.open(path));
    return pipes;
  } catch (error) {
    for (const pipe of pipes) pipe.close();
    throw error;
  }
}
