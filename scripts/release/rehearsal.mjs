// A copy of the repository and a registry on loopback, for as long as a rehearsal takes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publisherEnvironment } from './npm-settings.mjs';
import { RehearsalTree } from './rehearsal-tree.mjs';
import { startRegistry } from './registry.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Calls `body` with a tree, its registry, and a folder for everything else. All of it is gone afterwards. */
export async function rehearse(body) {
  const work = mkdtempSync(join(tmpdir(), 'tercet-release-'));
  const registry = await startRegistry();
  try {
    const env = publisherEnvironment(work, registry);
    const tree = await RehearsalTree.copy(root, join(work, 'repository'), env);
    await body({ work, registry, env, tree });
  } finally {
    await registry.close();
    rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  }
}
