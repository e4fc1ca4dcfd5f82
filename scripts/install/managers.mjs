// The package managers of the matrix. Each comes from npm, except npm itself, and keeps what it downloads in the folder of
// the rehearsal: two rehearsals publish different packages under the same versions.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installed } from '../runtimes/install.mjs';

/**
 * For each of them: the package it is installed from, how it adds a package to the folder it is started in, and how it starts Node there.
 * `tool` says where a program of the folder of tools is.
 */
export const managers = {
  npm: {
    add: (name) => ['npm', ['install', '--loglevel=error', '--no-audit', '--no-fund', name]],
  },
  pnpm: {
    from: 'pnpm@10',
    add: (name, { node, tool }) => [node, [tool('pnpm/bin/pnpm.cjs'), 'add', '--reporter=append-only', name]],
  },
  yarn: { from: '@yarnpkg/cli-dist@4', linker: 'node-modules', add: (name, context) => yarn(['add', name], context) },
  // Yarn's Plug'n'Play: no node_modules, and a package can import only what its package.json names. Its loader has no part in
  // `require` of an ES module, so there is no CommonJS.
  PnP: {
    from: '@yarnpkg/cli-dist@4',
    linker: 'pnp',
    add: (name, context) => yarn(['add', name], context),
    start: (file, context) => yarn(['node', file], context),
    programs: ['use.mjs'],
  },
  bun: {
    add: (name) => [installed('bun').file, ['add', name]],
  },
};

function yarn(args, { node, tool }) {
  return [node, [tool('@yarnpkg/cli-dist/bin/yarn.js'), ...args]];
}

/** Makes the managers look for @tercet in the registry of the rehearsal, and for everything else where they always do. */
export function configure(folder, registry, linker = 'node-modules') {
  writeFileSync(join(folder, '.npmrc'), `@tercet:registry=${registry.url}/\n`);
  const settings = [
    'npmScopes:',
    '  tercet:',
    `    npmRegistryServer: "${registry.url}"`,
    // The packages of a rehearsal are never a day old.
    '    npmMinimalAgeGate: "0"',
    'unsafeHttpWhitelist: ["127.0.0.1"]',
    'enableTelemetry: false',
    `nodeLinker: ${linker}`,
    'enableImmutableInstalls: false',
  ];
  writeFileSync(join(folder, '.yarnrc.yml'), `${settings.join('\n')}\n`);
  // Without a lock file here, yarn takes the folder for a part of a project above it.
  writeFileSync(join(folder, 'yarn.lock'), '');
}

/** Environment variables that name the folders for the downloads of the managers. */
export function caches(work) {
  return {
    npm_config_store_dir: join(work, 'caches', 'pnpm'),
    npm_config_cache_dir: join(work, 'caches', 'pnpm-metadata'),
    YARN_GLOBAL_FOLDER: join(work, 'caches', 'yarn'),
    YARN_ENABLE_HARDENED_MODE: '0',
    BUN_INSTALL_CACHE_DIR: join(work, 'caches', 'bun'),
  };
}
