// A copy of the repository, with a history of its own, in which versions are raised and published.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { command, node } from './command.mjs';
import { userEnvironment } from './npm-settings.mjs';

export class RehearsalTree {
  #folder;
  #env;

  /** Copies what git tracks or would track, and what was built. */
  static async copy(root, folder, env) {
    const tree = new RehearsalTree(folder, env);
    const listed = await command('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root });
    for (const file of listed.split('\0')) {
      if (file === '' || !existsSync(join(root, file))) continue;
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(root, file), join(folder, file));
    }
    for (const { path } of tree.packages()) {
      cpSync(join(root, path, 'dist'), join(folder, path, 'dist'), { recursive: true });
    }
    // Changesets finds the writer of its changelogs there.
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
    await tree.#git('init', '--quiet', '--initial-branch=main');
    await tree.#git('config', 'user.name', 'rehearsal');
    await tree.#git('config', 'user.email', 'rehearsal@localhost');
    await tree.#commit();
    return tree;
  }

  constructor(folder, env) {
    this.#folder = folder;
    this.#env = env;
  }

  /** The packages as their manifests are now. */
  packages() {
    return readdirSync(join(this.#folder, 'packages'))
      .map((name) => ({ path: join('packages', name), file: join(this.#folder, 'packages', name, 'package.json') }))
      .filter(({ file }) => existsSync(file))
      .map(({ path, file }) => ({ path, manifest: JSON.parse(readFileSync(file, 'utf8')) }));
  }

  /** The versions of all packages, by name. */
  versions() {
    return Object.fromEntries(this.packages().map(({ manifest: { name, version } }) => [name, version]));
  }

  read(...path) {
    return readFileSync(join(this.#folder, ...path), 'utf8');
  }

  /** Adds a line to the code that a package ships, so that it has changed. */
  async change(path) {
    const file = join(this.#folder, path, 'src', 'index.ts');
    writeFileSync(file, `${readFileSync(file, 'utf8')}// changed\n`);
    await this.#commit();
  }

  async addChangeset(name, kind, text) {
    writeFileSync(join(this.#folder, '.changeset', 'rehearsal.md'), `---\n'${name}': ${kind}\n---\n\n${text}\n`);
    await this.#commit();
  }

  hasChangesets() {
    return readdirSync(join(this.#folder, '.changeset')).some((file) => file.endsWith('.md') && file !== 'README.md');
  }

  /** The steps of a maintainer for a release: versions, changelogs and the lock file. */
  async release() {
    const where = { cwd: this.#folder, env: userEnvironment() };
    await command('npm', ['run', '--silent', 'release:version'], where);
    await this.#commit();
  }

  /** The versions and changelogs alone. */
  async raiseVersions() {
    await this.changeset('version');
    await this.#commit();
  }

  async publish() {
    await command('npm', ['run', '--silent', 'release:publish'], this.#where);
  }

  async branch(name) {
    await this.#git('checkout', '--quiet', '-b', name);
  }

  async leaveBranch() {
    await this.#git('checkout', '--quiet', 'main');
  }

  async changeset(...args) {
    return await node([join(this.#folder, 'scripts', 'changeset.mjs'), ...args], this.#where);
  }

  async #commit() {
    await this.#git('add', '--all');
    await this.#git('commit', '--quiet', '--message', 'Rehearse');
  }

  async #git(...args) {
    await command('git', args, this.#where);
  }

  get #where() {
    return { cwd: this.#folder, env: this.#env };
  }
}
