// Installs each package alone into an empty folder, from a registry on loopback, and uses it there: with each package
// manager, under the oldest and the newest Node, by each loader, test runner and bundler. Words choose from the matrix:
//   npm run test:install -- node26 pnpm yarn core net ESM
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { makeProject } from '../npm-project.mjs';
import { command } from '../release/command.mjs';
import { userEnvironment } from '../release/npm-settings.mjs';
import { rehearse } from '../release/rehearsal.mjs';
import { installed } from '../runtimes/install.mjs';
import { caches, configure, managers } from './managers.mjs';
import { Matrix } from './matrix.mjs';
import { toolPackages, tools } from './tools.mjs';
import { programsFor, uses } from './uses.mjs';

const words = process.argv.slice(2);
const nodes = chosen(['node20', 'node26']).map(installed);
const chosenManagers = chosen(Object.keys(managers));
const chosenTools = chosen(Object.keys(tools));
const unknown = words.filter(
  (word) => ![...nodes.map(({ name }) => name), ...chosenManagers, ...chosenTools].includes(word),
);
const names = Object.keys(uses).filter(
  (name) => unknown.length === 0 || unknown.includes(name.replace('@tercet/', '')),
);
assert.ok(names.length > 0, `nothing of the matrix is called ${unknown.join(', ')}`);

await rehearse(async ({ work, registry, tree }) => {
  if (tree.hasChangesets()) await tree.raiseVersions();
  await tree.publish();
  const toolsFolder = await installTools(work);
  const tool = (path) => join(toolsFolder, 'node_modules', path);
  const matrix = new Matrix(names, [...chosenManagers, ...chosenTools]);
  const jobs = nodes.flatMap((node) => names.map((name) => ({ node, name })));
  const worker = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      await tryOne({ ...job, work, registry, tool, matrix });
    }
  };
  await Promise.all([worker(), worker()]);
  matrix.print(nodes.map(({ version }) => version));
});

/** Those of these names that were asked for: all of them, if none was. */
function chosen(all) {
  const asked = all.filter((name) => words.includes(name));
  return asked.length > 0 ? asked : all;
}

async function installTools(work) {
  const folder = join(work, 'tools');
  const fromManagers = chosenManagers.map((name) => managers[name].from).filter((from) => from !== undefined);
  const needsTools = chosenTools.some((name) => name !== 'ESM' && name !== 'CommonJS');
  const wanted = [...new Set(fromManagers), ...(needsTools ? toolPackages : [])];
  await makeProject(folder, wanted);
  cpSync(new URL('bundle.mjs', import.meta.url), join(folder, 'bundle.mjs'));
  return folder;
}

/** One package under one Node: installed by each manager, and used by each tool where the first one has installed it. */
async function tryOne({ node, name, work, registry, tool, matrix }) {
  const env = environment(node, work);
  const where = join(work, 'installed', node.name, name);
  const context = { node: node.file, tool };
  let usable;
  for (const manager of chosenManagers) {
    const cwd = join(where, manager);
    await matrix.note(node.version, name, manager, async () => {
      const {
        add,
        linker,
        start = (file) => [node.file, [file]],
        programs = ['use.mjs', 'use.cjs'],
      } = managers[manager];
      prepare(cwd, name, registry, linker);
      await command(...add(name, context), { cwd, env });
      for (const file of programs) {
        assert.equal((await command(...start(file, context), { cwd, env })).trim(), uses[name].result, file);
      }
      if (linker !== 'pnp') usable ??= cwd;
    });
  }
  for (const title of usable === undefined ? [] : chosenTools) {
    if (tools[title].bundles && uses[name].unbundled) continue;
    await matrix.note(node.version, name, title, () => useWith(title, { node, name, cwd: usable, env, tool, where }));
  }
}

async function useWith(title, { node, name, cwd, env, tool, where }) {
  const { start, prints, bundles } = tools[title];
  const out = join(where, 'bundled', title);
  const printed = await command(node.file, start(tool, out), { cwd, env });
  if (prints) assert.equal(printed.trim(), uses[name].result);
  if (!bundles) return;
  const program = readdirSync(out).find((file) => /^use\.m?js$/.test(file));
  writeFileSync(join(out, 'package.json'), '{ "type": "module" }\n');
  assert.equal((await command(node.file, [program], { cwd: out, env })).trim(), uses[name].result);
}

function prepare(folder, name, registry, linker) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true, "type": "module" }\n');
  configure(folder, registry, linker);
  for (const [file, text] of Object.entries(programsFor(name))) writeFileSync(join(folder, file), text);
}

/** Managers that are scripts find this Node first. */
function environment(node, work) {
  const path = [dirname(node.file), process.env.PATH].join(delimiter);
  return { ...userEnvironment(), ...caches(work), PATH: path, NO_COLOR: '1', FORCE_COLOR: '0', NODE_OPTIONS: '' };
}
