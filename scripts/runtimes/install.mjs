// The runtimes that the packages promise to run on, each from npm into a folder of its own that git ignores.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../.runtimes', import.meta.url));
const windows = process.platform === 'win32';
const nodePackage = `node-${windows ? 'win' : process.platform}-${process.arch}`;

/** The runtimes to choose from, by name: the newest release of each line. */
export const runtimes = {
  ...Object.fromEntries(
    [20, 22, 24, 26].map((major) => [
      `node${major}`,
      {
        kind: 'node',
        install: `${nodePackage}@${major}`,
        binary: `${nodePackage}/bin/${windows ? 'node.exe' : 'node'}`,
      },
    ]),
  ),
  bun: { kind: 'bun', install: 'bun@1', binary: 'bun/bin/bun.exe' },
  deno: { kind: 'deno', install: 'deno@2', binary: `deno/deno${windows ? '.exe' : ''}` },
  workerd: {
    kind: 'workerd',
    install: 'workerd@1',
    binary: `@cloudflare/workerd-${windows ? 'windows' : process.platform}-${process.arch === 'x64' ? '64' : process.arch}/bin/workerd${windows ? '.exe' : ''}`,
  },
};

/** Installs a runtime unless it is there, or is the one this program runs on, and says where it is. */
export function installed(name) {
  const { kind, install, binary } = runtimes[name];
  if (name === `node${process.versions.node.split('.')[0]}`) return described(name, kind, process.execPath);
  const own = join(folder, name);
  const file = join(own, 'node_modules', binary);
  if (!existsSync(file)) {
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'package.json'), '{ "private": true }\n');
    const { status } = spawnSync('npm', ['install', '--no-save', '--loglevel=error', install], {
      cwd: own,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: windows,
    });
    if (status !== 0) throw new Error(`npm could not install ${install}`);
  }
  return described(name, kind, file);
}

function described(name, kind, file) {
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
  return { name, kind, file, version: /\d+[.-]\d+[.-]\d+/.exec(stdout)[0] };
}
