import assert from 'node:assert/strict';
import { join } from 'node:path';
import { command, node } from './command.mjs';

/** Packs a package, and lets the tools look at the result that know how packages go wrong. */
export async function checkTarball(root, folder, destination, env) {
  const options = { cwd: folder, env };
  const packed = await command(
    'npm',
    ['pack', '--json', '--loglevel=error', '--pack-destination', destination],
    options,
  );
  const [{ filename, files, size }] = Object.values(JSON.parse(packed));
  const paths = files.map(({ path }) => path);
  for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']) {
    assert.ok(paths.includes(name), `${filename} has no ${name}`);
  }
  const stray = paths.filter((path) => !/^(dist\/|src\/|[^/]*$)/.test(path) || /\.test\./.test(path));
  assert.deepEqual(stray, [], `${filename} has files that users have no use for`);

  const tarball = join(destination, filename);
  const tools = join(root, 'node_modules');
  await node([join(tools, 'publint/src/cli.js'), '--strict', tarball], options);
  const attw = join(tools, '@arethetypeswrong/cli/dist/index.js');
  await node([attw, '--profile', 'esm-only', '--no-color', '--no-emoji', tarball], options);
  return size;
}
