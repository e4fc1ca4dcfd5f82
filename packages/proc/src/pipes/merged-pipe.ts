import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The two ends of a pipe that a child gets for its standard output and its standard error at once. */
export interface MergedPipe {
  /** What is read here has been written in this order, to whichever of the two. */
  readonly source: Socket;
  /** Given to the child; to be destroyed here as soon as the child has it. */
  readonly target: Socket;
}

/** The longest path of a socket, in bytes: 107 on Linux, 103 on macOS and the BSDs. Node cuts off what is longer. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103;

/**
 * Opens such a pipe. Node makes one pipe for each number of a child, and two of them would lose the order; so two sockets
 * are connected with each other, at a place that only this user can reach and that is gone when this returns.
 *
 * @throws the system's error when no folder for temporary files can be used.
 */
export async function openMergedPipe(): Promise<MergedPipe> {
  const folder = makeFolder();
  try {
    return await connectTwo(join(folder, 'pipe'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// Where it lies does not matter to anybody. So a TMPDIR that is missing, cannot be written to, or is too long for the path of
// a socket is no reason to fail.
function makeFolder(): string {
  const errors: unknown[] = [];
  for (const parent of new Set([tmpdir(), '/tmp', '/dev/shm'])) {
    // mkdtemp appends six characters.
    if (Buffer.byteLength(join(parent, 'tercet-xxxxxx', 'pipe')) > LONGEST_PATH) continue;
    try {
      return mkdtempSync(join(parent, 'tercet-'));
    } catch (error) {
      errors.push(error);
    }
  }
  const [cause] = errors as NodeJS.ErrnoException[];
  throw Object.assign(
    new Error("runProcess(): there is no folder for temporary files in which stderr: 'stdout' could make its pipe", {
      cause,
    }),
    { code: cause?.code, errno: cause?.errno, syscall: cause?.syscall, path: tmpdir() },
  );
}

async function connectTwo(path: string): Promise<MergedPipe> {
  const server = createServer({ pauseOnConnect: true });
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
    return await new Promise<MergedPipe>((resolve, reject) => {
      const target = connect(path);
      const whenBothAreThere = async (): Promise<void> => {
        const [[source]] = await Promise.all([once(server, 'connection'), once(target, 'connect')]);
        target.pause();
        resolve({ source: (source as Socket).on('error', () => undefined), target });
      };
      whenBothAreThere().catch(reject);
      // Without descriptors left the system closes the connection, and nobody comes. It learns that when it reads.
      target.on('error', reject).on('close', () => reject(new Error(`the pipe ${path} was closed at once`)));
      target.resume();
    });
  } finally {
    server.close().unref();
  }
}
