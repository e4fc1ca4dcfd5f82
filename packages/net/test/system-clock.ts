import { SystemClock } from '@tercet/core/lowlevel';
import { testRun } from '@tercet/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A test that uses real sockets: time is real, too. */
export function realRun(body: () => unknown): () => Promise<void> {
  return testRun(body, { clock: () => new SystemClock() });
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
