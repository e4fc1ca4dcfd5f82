// `changeset status` succeeds as soon as there is any changeset. This is stricter: a commit that changes what a
// package publishes has to name that package. On a branch, in a changeset of the branch; on the base branch, in one that is
// pending since the package was released. A change that users do not notice is named with the kind `none`.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const published = ['src', 'package.json', 'README.md'];

/** The packages, by name, that have changed and are named by no changeset. `since` is the branch to compare with. */
export function packagesWithoutChangeset(since = readJson('.changeset/config.json').baseBranch) {
  const fork = git('merge-base', since, 'HEAD').trim();
  const onBase = fork === git('rev-parse', 'HEAD').trim();
  const named = namesIn(onBase ? changesets() : changesets().filter((file) => !isIn(fork, file)));
  return readdirSync('packages')
    .map((folder) => `packages/${folder}`)
    .filter((path) => existsSync(`${path}/package.json`))
    .filter((path) => hasChanged(path, onBase ? lastRelease(path) : fork))
    .map((path) => readJson(`${path}/package.json`).name)
    .filter((name) => !named.includes(name));
}

function changesets() {
  return readdirSync('.changeset')
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => `.changeset/${file}`);
}

function namesIn(files) {
  return files.flatMap((file) => {
    const [, head = ''] = /^---\r?\n([^]*?)^---/m.exec(readFileSync(file, 'utf8')) ?? [];
    return [...head.matchAll(/^['"]?([^'":]+)['"]?\s*:/gm)].map(([, name]) => name);
  });
}

/** The commit that gave a package its version; `undefined` for a package that was never committed. */
function lastRelease(path) {
  return git('log', '-1', '--format=%H', '-G"version":', '--', `${path}/package.json`).trim() || undefined;
}

function hasChanged(path, commit) {
  if (commit === undefined) return true;
  const files = published.map((name) => `${path}/${name}`);
  const tracked = git('diff', '--name-only', commit, '--', ...files);
  return tracked + git('ls-files', '--others', '--exclude-standard', '--', ...files) !== '';
}

function isIn(commit, file) {
  return git('ls-tree', '--name-only', commit, '--', file) !== '';
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8' });
}
