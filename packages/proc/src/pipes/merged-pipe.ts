import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The two ends of a pipe that a child gets for its standard output and its standard error at once. */
export interface MergedPipe {
  /** What is read here has been written in this order, to whichever of the two. */
  readonly source: Socket;
  /** Given to the child; to be destroyed here as soon as the child has it. */
  readonly target: Socket;
}

/**
 * Opens such a pipe. Node makes one pipe for each number of a child, and two of them would lose the order; so two sockets
 * are connected with each other, at a place that only this user can reach and that is gone when this returns.
 */
export async function openMergedPipe(): Promise<MergedPipe> {
  const folder = mkdtempSync(join(tmpdir(), 'tercet-'));
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
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const target = await connected(path);
    return { source: await accepted, target };
  } finally {
    stop(server);
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket.off('error', reject)));
    socket.once('error', reject);
  });
}

function stop(server: Server): void {
  server.close();
  server.unref();
}
