import { expect, test } from '@jest/globals';
import { readText } from './workspaces.ts';

interface Settings {
  readonly rules: Readonly<Record<string, unknown>>;
}

test('our own rules are on for the sources of all packages and apps, as we recommend them to others', () => {
  const { rules } = JSON.parse(readText('packages/eslint-plugin/src/oxlint/recommended.json')) as Settings;
  const { overrides } = JSON.parse(readText('.oxlintrc.json')) as { overrides: (Settings & { files: string[] })[] };
  const own = overrides.filter(({ files }) => files.includes('packages/*/src/**') && files.includes('apps/*/src/**'));
  expect(Object.keys(rules).length).toBeGreaterThan(10);
  expect(own.map((override) => override.rules)).toEqual([rules]);
});
