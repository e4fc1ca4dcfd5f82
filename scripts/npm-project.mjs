// Projects as users have them, in folders outside this repository.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './release/command.mjs';

const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];

/** Makes a new project in a folder, and installs packages there: names with a range, or tarballs. */
export async function makeProject(folder, packages, manifest = {}) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ private: true, ...manifest })}\n`);
  if (packages.length > 0) await command('npm', ['install', ...flags, ...packages], { cwd: folder });
}

/** Packs packages of this repository, by the names of their folders, as they are published. @returns their tarballs. */
export async function pack(names, destination) {
  mkdirSync(destination, { recursive: true });
  for (const name of names) {
    const cwd = fileURLToPath(new URL(`../packages/${name}`, import.meta.url));
    await command('npm', ['pack', '--silent', '--pack-destination', destination], { cwd });
  }
  return readdirSync(destination).map((file) => join(destination, file));
}
