import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import plugin from '../src/index.ts';
import { rules } from '../src/rules.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const minutes = 5;
let folder: string;

/** A finding of a linter, in the same form for all of them. */
type Found = readonly { file: string; rule: string; line: number; column: number; severity: 'error' | 'warn' }[];

beforeAll(async () => {
  // Not below the repository: oxlint leaves out what git ignores.
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'tercet-lint-')));
  const { errors } = await program(fileURLToPath(new URL('fixtures/make-project.mjs', import.meta.url)), folder, root);
  if (errors !== '') throw new Error(errors);
}, minutes * 60_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Each linter runs once with each configuration: it takes seconds. */
const known = new Map<string, Promise<Found>>();
async function once(key: string, lint: () => Promise<Found>): Promise<Found> {
  const found = known.get(key) ?? lint();
  known.set(key, found);
  return await found;
}

type Config = 'recommended' | 'strict';
const linters: readonly [name: string, lint: (config: Config) => Promise<Found>][] = [
  ['ESLint 10', async (config) => await once(`10 ${config}`, async () => await eslint('eslint', 10, config))],
  ['ESLint 9', async (config) => await once(`9 ${config}`, async () => await eslint('eslint-9', 9, config))],
  ['oxlint', async (config) => await once(`oxlint ${config}`, async () => await oxlint(config))],
];

describe.each(linters)('%s', (_name, lint) => {
  it(
    'reports the wrong code of each page, and nothing in the right code',
    async () => {
      const found = await lint('strict');
      const wrong = found.filter(({ file, rule }) => file === `src/wrong/${rule}.ts`).map(({ rule }) => rule);
      expect([...new Set(wrong)].sort()).toEqual(Object.keys(rules).sort());
      expect(found.filter(({ file }) => file.startsWith('src/right/'))).toEqual([]);
      expect(found.filter(({ severity }) => severity !== 'error')).toEqual([]);
    },
    minutes * 60_000,
  );

  it(
    'takes the severities of the recommended configuration',
    async () => {
      const found = await lint('recommended');
      const expected = found.map(({ rule }) => plugin.configs.recommended.rules[`@tercet/${rule}`]);
      expect(found.map(({ severity }) => severity)).toEqual(expected);
      expect(new Set(expected)).toEqual(new Set(['error', 'warn']));
    },
    minutes * 60_000,
  );
});

it(
  'all linters find the same, at the same places',
  async () => {
    const [first, ...others] = await Promise.all(linters.map(async ([, lint]) => await lint('strict')));
    expect(first!.length).toBeGreaterThan(Object.keys(rules).length);
    for (const other of others) expect(other).toEqual(first);
  },
  minutes * 60_000,
);

async function eslint(name: string, major: number, config: string): Promise<Found> {
  const binary = join(root, 'node_modules', name, 'bin', 'eslint.js');
  expect((await program(binary, '--version')).output).toMatch(new RegExp(`^v${major}\\.`));
  const { output } = await program(binary, '--config', `eslint.${config}.config.js`, '--format', 'json', 'src');
  const files = JSON.parse(output) as { filePath: string; messages: Message[] }[];
  return sorted(
    files.flatMap(({ filePath, messages }) =>
      messages.map(({ ruleId, line, column, severity }) => ({
        file: filePath.slice(folder.length + 1).replaceAll('\\', '/'),
        rule: basename(ruleId ?? 'none'),
        line,
        column,
        severity: severity === 2 ? ('error' as const) : ('warn' as const),
      })),
    ),
  );
}

interface Message {
  readonly ruleId: string | null;
  readonly line: number;
  readonly column: number;
  readonly severity: number;
}

async function oxlint(config: string): Promise<Found> {
  const binary = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const { output } = await program(binary, '--config', `oxlint.${config}.json`, '--format', 'json', 'src');
  const { diagnostics } = JSON.parse(output) as { diagnostics: Diagnostic[] };
  return sorted(
    diagnostics.map(({ code, filename, severity, labels: [label] }) => ({
      file: filename.replaceAll('\\', '/'),
      rule: /\((.*)\)/.exec(code)?.[1] ?? code,
      line: label!.span.line,
      column: label!.span.column,
      severity: severity === 'error' ? ('error' as const) : ('warn' as const),
    })),
  );
}

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
  readonly severity: string;
  readonly labels: readonly { readonly span: { readonly line: number; readonly column: number } }[];
}

function sorted(found: Found): Found {
  const key = ({ file, line, column, rule }: Found[number]): string => [file, line, column, rule].join(':');
  return [...found].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Runs a program with this Node. A linter ends with 1 when it has found something. */
async function program(file: string, ...args: string[]): Promise<{ output: string; errors: string }> {
  return await new Promise((resolve) => {
    const options = { cwd: folder, timeout: minutes * 60_000, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [file, ...args], options, (_error, output, errors) => resolve({ output, errors }));
  });
}
