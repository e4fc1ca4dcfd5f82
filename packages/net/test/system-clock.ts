import { afterEach } from '@jest/globals';
import { SystemClock } from '@tercet/core/lowlevel';
import { closeForcefully } from '@tercet/streams';
import type { AsyncResource } from '@tercet/streams';
import { testRun } from '@tercet/testing';
import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, rmSync } from 'node:fs';
import { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The resources that a test has opened. They are closed when it ends, also when it fails. */
const held = new AsyncLocalStorage<AsyncResource[]>();

/** The test that is running. */
let running: { readonly end: AbortController; readonly before: ReadonlySet<object> } | undefined = undefined;

/** A test that uses real sockets: time is real, too. When it fails, or hangs, nothing that it has opened keeps jest running. */
export function realRun(body: () => unknown): () => Promise<void> {
  return async () => {
    const end = new AbortController();
    running = { end, before: new Set(openHandles()) };
    const bodyWithResources = async (): Promise<void> => {
      const resources: AsyncResource[] = [];
      try {
        await held.run(resources, async () => await body());
      } finally {
        for (const resource of resources.reverse()) await closeForcefully(resource).catch(() => undefined);
      }
    };
    await testRun(bodyWithResources, { clock: () => new SystemClock(), signal: end.signal })();
    running = undefined;
  };
}

/** Has `resource` closed at the end of the test. */
export function hold<T extends AsyncResource>(resource: T): T {
  held.getStore()?.push(resource);
  return resource;
}

afterEach(() => {
  if (running === undefined) return;
  const { end, before } = running;
  running = undefined;
  end.abort(new Error('the test has failed'));
  for (const handle of openHandles()) {
    if (before.has(handle)) continue;
    if (handle instanceof Server) handle.close();
    else if (handle instanceof Socket) handle.destroy();
  }
});

// Node has no documented list of what keeps a process running, and tests may use what programs should not.
function openHandles(): readonly object[] {
  return (process as unknown as { _getActiveHandles(): object[] })._getActiveHandles();
}

/** Calls `body` with a path in an empty folder, which is deleted afterwards. */
export async function withSocketPath<T>(body: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tercet-net-'));
  try {
    return await body(join(folder, 's'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The bytes as text. */
export function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString();
}
