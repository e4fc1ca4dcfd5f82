import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, node } from './command.mjs';

/** The conditions that a package's `exports` may offer. Any other one would promise something to tools that we do not keep. */
const conditions = ['types', 'default'];

/** Packs a package, and checks the result with publint and attw, which know the usual faults of packages. */
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
  await checkManifest(tarball, folder);
  const tools = join(root, 'node_modules');
  await node([join(tools, 'publint/src/cli.js'), '--strict', tarball], options);
  const attw = join(tools, '@arethetypeswrong/cli/dist/index.js');
  await node([attw, '--profile', 'esm-only', '--no-color', '--no-emoji', tarball], options);
  return size;
}

/** Users get no condition and no script of this repository, and the manifest in the repository stays what it was. */
async function checkManifest(tarball, folder) {
  const manifest = JSON.parse(await command('tar', ['xOf', tarball, 'package/package.json'], { cwd: folder }));
  const offered = Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [] : Object.keys(target),
  );
  const foreign = offered.filter((condition) => !conditions.includes(condition));
  assert.deepEqual(foreign, [], `${tarball} offers conditions that only this repository knows`);
  assert.ok(!('scripts' in manifest) && !('devDependencies' in manifest), `${tarball} has scripts or tools of ours`);
  assert.match(readFileSync(join(folder, 'package.json'), 'utf8'), /"@tercet\/source"/, `${folder} is not as it was`);
}
