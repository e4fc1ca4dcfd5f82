import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import type { ESLint, Linter } from 'eslint';
import { opinionated } from '../src/configs.ts';
import plugin, { configs, meta, rules } from '../src/index.ts';
import { rules as named } from '../src/rules.ts';

describe('the plugin', () => {
  it('is the same by its default export and by its names, for `import` and for `require`', () => {
    expect(plugin).toEqual({ meta, rules, configs });
  });

  it('says its name and the version of the package', () => {
    const { name, version } = createRequire(import.meta.url)('../package.json') as { name: string; version: string };
    expect(meta).toEqual({ name, version, namespace: '@tercet' });
  });

  it('is a plugin in the eyes of ESLint, and its configurations are configurations', () => {
    const forEslint: ESLint.Plugin = plugin;
    const entries: Linter.Config[] = [plugin.configs.recommended, plugin.configs.strict];
    expect(entries.map(({ plugins }) => plugins?.['@tercet'])).toEqual([forEslint, forEslint]);
  });
});

describe.each(['recommended', 'strict'] as const)('%s', (name) => {
  const config = configs[name];

  it('sets each rule, under the name it should have, but for those of `strict` alone', () => {
    expect(Object.keys(config.rules).sort()).toEqual(
      Object.keys(named)
        .filter((rule) => name === 'strict' || !opinionated.includes(rule))
        .map((rule) => `@tercet/${rule}`)
        .sort(),
    );
  });

  it('is the same for oxlint', () => {
    const file = new URL(`../src/oxlint/${name}.json`, import.meta.url);
    const settings = { jsPlugins: ['@tercet/eslint-plugin'], rules: config.rules };
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(settings);
  });
});

it('strict has nothing but errors', () => {
  expect(new Set(Object.values(configs.strict.rules))).toEqual(new Set(['error']));
});

it('each message says what to do, or what happens, in whole sentences', () => {
  const messages = Object.values(named).flatMap((rule) => Object.values(rule.meta.messages));
  expect(messages.filter((message) => !/^['A-Z{].*\.$/.test(message))).toEqual([]);
});
