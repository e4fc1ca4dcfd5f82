import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as parser from '@typescript-eslint/parser';
import { Linter } from 'eslint';
import plugin from '../src/index.ts';
import { aliases, rules } from '../src/rules.ts';

const folder = new URL('../docs/rules/', import.meta.url);
const linter = new Linter();

/** How the pages say what a configuration sets. */
const how: Record<string, string> = { error: 'an error', warn: 'a warning' };

describe.each(Object.keys(rules))('the page of %s', (name) => {
  const { meta } = rules[name]!;
  const file = new URL(`${name}.md`, folder);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';

  it('is where the rule says it is', () => {
    expect(text).toMatch(new RegExp(`^# ${name}\n`));
    expect(meta.docs.url).toMatch(new RegExp(`/packages/eslint-plugin/docs/rules/${name}\\.md$`));
  });

  it('says what the rule is about, and what it can do', () => {
    expect(text).toContain(`${meta.docs.description}.`);
    expect(text.includes('`--fix` mends')).toBe(meta.fixable === 'code');
    expect(text.includes('offer a suggestion')).toBe(meta.hasSuggestions === true);
    const others = Object.keys(aliases).filter((alias) => aliases[alias] === name);
    expect(others.filter((alias) => !text.includes(`\`${alias}\``))).toEqual([]);
    const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['Why', 'Wrong', 'Right', 'Options', 'When not to use it']);
  });

  it('says how the configurations set the rule', () => {
    const setting = plugin.configs.recommended.rules[`@tercet/${name}`];
    expect(text).toContain(`In \`recommended\` it is ${how[setting as string] ?? 'off'}`);
  });

  it('lists the options that there are', () => {
    const [schema] = meta.schema as [{ properties?: object }?];
    const options = Object.keys(schema?.properties ?? {});
    const section = sectionOf(text, 'Options');
    expect(options.filter((option) => !section.includes(`- \`${option}\`:`))).toEqual([]);
    expect(section.startsWith('None.')).toBe(options.length === 0);
  });

  it('shows wrong code that the rule reports', () => {
    const code = codeOf(text, 'Wrong');
    expect(new Set(lint(code))).toContain(`@tercet/${name}`);
    expect(new Set(lint(code))).not.toContain(null);
  });

  it('shows right code that no rule reports', () => {
    expect(lint(codeOf(text, 'Right'))).toEqual([]);
  });
});

it('there is a page for each rule and each other name, and for nothing else', () => {
  const pages = readdirSync(folder).map((file) => file.replace(/\.md$/, ''));
  expect(pages.sort()).toEqual([...Object.keys(rules), ...Object.keys(aliases)].sort());
});

it.each(Object.entries(aliases))('the page of %s leads to that of %s', (alias, name) => {
  const text = readFileSync(new URL(`${alias}.md`, folder), 'utf8');
  expect(text).toMatch(new RegExp(`^# ${alias}\n`));
  expect(text).toContain(`[\`${name}\`](${name}.md)`);
});

it('the README lists each rule, with a link to its page', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| \[`([\w-]+)`\]\((.*?)\)/gm)].map(([, name, url]) => [name, url]);
  expect(rows).toEqual(Object.entries(rules).map(([name, { meta }]) => [name, meta.docs.url]));
});

/** The names of the rules that report something, with all rules on. */
function lint(code: string): (string | null)[] {
  const languageOptions = { parser: parser as never };
  const found = linter.verify(
    code,
    [{ files: ['**/*.ts'], languageOptions }, plugin.configs.strict as never],
    'page.ts',
  );
  return found.map(({ ruleId }) => ruleId);
}

function sectionOf(text: string, heading: string): string {
  return new RegExp(`^## ${heading}\n\n([^]*?)(?=^## |(?![^]))`, 'm').exec(text)?.[1] ?? '';
}

function codeOf(text: string, heading: string): string {
  const code = /```ts\n([^]*?)```/.exec(sectionOf(text, heading))?.[1];
  expect(code).toBeDefined();
  return code!;
}
