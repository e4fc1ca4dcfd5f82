import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { makePrivateFolder } from './private-folder.ts';

/** The two ends of a pipe that serves as both standard output and standard error of a child. */
export interface MergedPipe {
  /** Yields the bytes of both outputs, in the order in which the child has written them. */
  readonly source: Socket;
  /** The end for the child. To be destroyed in this process as soon as the child has it. */
  readonly target: Socket;
}

/** The longest path of a socket, in bytes: 107 on Linux, 103 on macOS and the BSDs. Node truncates longer ones. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103;

/**
 * Opens a merged pipe. Node would make a separate pipe for each output, and the order between the two would be lost. So this
 * connects two Unix sockets to each other, at a path that only this user can reach and that is removed before this returns.
 *
 * Not a checkpoint.
 *
 * @throws the system's error when there is no usable folder for temporary files.
 */
export async function openMergedPipe(): Promise<MergedPipe> {
  // The pipes of Windows have names, and are in no folder.
  if (process.platform === 'win32') return await connectTwo(`\\\\.\\pipe\\tercet-${randomUUID()}`);
  const fits = (folder: string): boolean => Buffer.byteLength(join(folder, 'pipe')) <= LONGEST_PATH;
  const folder = makePrivateFolder("runProcess(): stderr: 'stdout'", fits);
  try {
    return await connectTwo(join(folder, 'pipe'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function connectTwo(path: string): Promise<MergedPipe> {
  const server = createServer({ pauseOnConnect: true });
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
    return await new Promise<MergedPipe>((resolve, reject) => {
      const target = connect(path);
      const resolveWhenConnected = async (): Promise<void> => {
        const [[source]] = await Promise.all([once(server, 'connection'), once(target, 'connect')]);
        target.pause();
        resolve({ source: (source as Socket).on('error', () => undefined), target });
      };
      resolveWhenConnected().catch(reject);
      // When no descriptors are left, the system closes the connection without accepting it. Only reading reveals that.
      target.on('error', reject).on('close', () => reject(new Error(`the pipe ${path} was closed at once`)));
      target.resume();
    });
  } finally {
    server.close().unref();
  }
}
