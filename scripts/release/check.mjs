// Rehearses a release: in a copy of the repository and against a registry on loopback, all packages are published as they
// are, some of them are raised alone, and each is then used the way a stranger would.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expectedMoves } from './expected-moves.mjs';
import { loadExamples } from './examples.mjs';
import { rehearse, root } from './rehearsal.mjs';
import { checkTarball } from './tarball.mjs';
import { tryTemplate } from './template.mjs';
import { User } from './user.mjs';

const { devDependencies } = createRequire(import.meta.url)('../../package.json');
const compilers = ['typescript/bin/tsc6', '@typescript/native/bin/tsc'].map((path) => join(root, 'node_modules', path));

/** The changelog of a package that has never been published. */
const introduction = ['Contents', 'Stability', 'Runtimes'];

await rehearse(async ({ work, registry, env, tree }) => {
  await raiseVersions(tree);
  await requireChangesets(tree);
  await checkTarballs(work, tree, env);
  await publishAll(registry, tree);
  await tryTemplate(join(work, 'repository'), registry, join(work, 'my-service'));
  await raiseAlone(registry, tree);
  await useEach(work, registry, tree);
  await useTwoVersions(work, registry);
  console.log('The rehearsal went well.');
});

/** The versions of the release itself. A package that has none yet gets its first, and a changelog that introduces it. */
async function raiseVersions(tree) {
  if (!tree.hasChangesets()) return;
  const before = tree.packages();
  await tree.release();
  for (const { path, manifest } of before.filter(({ manifest }) => manifest.version === '0.0.0')) {
    assert.equal(tree.versions()[manifest.name], '0.1.0', `the first version of ${manifest.name}`);
    const changelog = tree.read(path, 'CHANGELOG.md');
    for (const title of introduction) assert.ok(changelog.includes(`**${title}**`), `${path}/CHANGELOG.md: ${title}`);
  }
  const lock = JSON.parse(tree.read('package-lock.json')).packages;
  for (const { path, manifest } of tree.packages()) assert.equal(lock[path].version, manifest.version);
  const moved = before.filter(({ manifest: { name, version } }) => tree.versions()[name] !== version);
  console.log(`${moved.length} packages get a new version, with a changelog.`);
}

/** A change without a changeset has to be noticed, also beside a changeset for something else. */
async function requireChangesets(tree) {
  const [changed, other] = tree.packages();
  await tree.branch('change');
  await tree.changeset('status');
  await tree.change(changed.path);
  const complaint = new RegExp(`There is no changeset for ${changed.manifest.name}\\.`);
  await assert.rejects(tree.changeset('status'), complaint);
  await tree.addChangeset(other.manifest.name, 'patch', 'Something else.');
  await assert.rejects(tree.changeset('status'), complaint);
  await tree.addChangeset(changed.manifest.name, 'patch', 'The change.');
  await tree.changeset('status');
  await tree.leaveBranch();
  console.log('A package that has changed without a changeset is noticed.');
}

async function checkTarballs(work, tree, env) {
  const destination = join(work, 'tarballs');
  mkdirSync(destination);
  for (const { path, manifest } of tree.packages()) {
    const size = await checkTarball(root, join(work, 'repository', path), destination, env);
    console.log(`${manifest.name}@${manifest.version}: ${(size / 1000).toFixed(1)} kB, packed as it should be`);
  }
}

async function publishAll(registry, tree) {
  await tree.publish();
  const expected = Object.entries(tree.versions()).map(([name, version]) => [name, [version]]);
  assert.deepEqual(published(registry), Object.fromEntries(expected));
  console.log(`All ${expected.length} packages are published.`);
}

/** One package that others stand on and one that none stands on, by a patch; then the former by a minor version. */
async function raiseAlone(registry, tree) {
  const manifests = tree.packages().map(({ manifest }) => manifest);
  const uses = (name) => manifests.filter(({ dependencies }) => dependencies?.[name] !== undefined).length;
  const byUse = manifests.map(({ name }) => name).sort((a, b) => uses(a) - uses(b));
  for (const [name, kind] of [
    [byUse.at(0), 'patch'],
    [byUse.at(-1), 'patch'],
    [byUse.at(-1), 'minor'],
  ]) {
    const before = published(registry);
    const old = tree.packages();
    await tree.addChangeset(name, kind, `A ${kind} of this package alone.`);
    await tree.raiseVersions();
    await tree.publish();
    const moved = Object.entries(published(registry))
      .filter(([each, versions]) => versions.length > before[each].length)
      .map(([each]) => each);
    const expected = expectedMoves(
      old.map(({ manifest }) => manifest),
      name,
      tree.versions()[name],
    );
    assert.deepEqual(new Set(moved), expected, `after a ${kind} of ${name}`);
    const { path } = old.find(({ manifest }) => manifest.name === name);
    assert.match(tree.read(path, 'CHANGELOG.md'), new RegExp(`A ${kind} of this package alone\\.`));
    console.log(`A ${kind} of ${name} moves ${moved.map((each) => `${each}@${tree.versions()[each]}`).join(', ')}.`);
  }
}

/** All packages are tried before the first failure is reported, two at a time. */
async function useEach(work, registry, tree) {
  const examples = await loadExamples(root);
  const waiting = tree.packages().map(({ manifest }) => manifest);
  const failures = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        await use(new User(join(work, 'users', next.name), registry), next, examples);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all([worker(), worker()]);
  if (failures.length > 0) throw new AggregateError(failures, 'The packages cannot be used.');
}

async function use(user, { name, version, peerDependencies }, { examplesOf, runExample }) {
  await user.install(name);
  const { version: found, exports } = user.manifestOf(name);
  assert.equal(found, version);
  for (const peer of Object.keys(peerDependencies ?? {})) {
    assert.ok(!user.has(peer), `${name} installs ${peer}, which not everybody needs`);
  }
  const entries = Object.entries(exports).filter(([, target]) => target.default !== undefined);
  const specifiers = entries.map(([entry]) => name + entry.slice(1));
  const counts = [];
  for (const specifier of specifiers) counts.push((await user.load(specifier)).length);

  const examples = await examplesOf(user.readmeOf(name));
  const programs = examples.map(({ source }) => source);
  await user.install(`@types/node@${devDependencies['@types/node']}`, ...user.missing(programs));
  for (const compiler of compilers) await user.compile(compiler, specifiers, programs);
  for (const example of examples) {
    const { code, printed } = await runExample(user.folder, example);
    const expected = { code: 0, printed: example.output ?? printed };
    assert.deepEqual({ code, printed }, expected, `the example in line ${example.line} of the README of ${name}`);
  }
  console.log(`${name}@${version}: exports ${counts.join(' + ')} names, ${examples.length} examples run`);
}

/** Two versions of the core in one process have one current task and one clock, and know each other's cancellations. */
async function useTwoVersions(work, registry) {
  const versions = published(registry)['@tercet/core'];
  const [older, newer] = [versions.at(0), versions.at(-1)];
  const user = new User(join(work, 'users', 'two-versions'), registry);
  await user.install(`older@npm:@tercet/core@${older}`, `newer@npm:@tercet/core@${newer}`);
  const printed = await user.run(`
    import * as older from 'older';
    import * as newer from 'newer';
    for (const [one, other] of [[older, newer], [newer, older]]) {
      await one.run(async () => {
        await other.openNursery((nursery) => nursery.startSoon(one.sleep, 1));
        const task = () => other.sleepForever().catch((error) => { console.log(one.isCancelled(error)); throw error; });
        await one.moveOnAfter(1, task);
      });
    }
  `);
  assert.equal(printed, 'true\ntrue\n');
  console.log(`@tercet/core@${older} and @tercet/core@${newer} work together in one process.`);
}

/** All versions in the registry, by the name of their package. */
function published(registry) {
  const entries = [...registry.packages].map(([name, { versions }]) => [name, Object.keys(versions)]);
  return Object.fromEntries(entries);
}
