// Counts false alarms: lints the TypeScript that installed packages ship, with every rule on. None of it uses Tercet, so
// every report is wrong. Prints lines and reports for each package:
//   npm run foreign-code -w packages/eslint-plugin
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as parser from '@typescript-eslint/parser';
import { Linter } from 'eslint';
import plugin from '../../../scripts/lint-plugin.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const packages = ['ajv', 'effect', 'rxjs'];
const config = [
  {
    ...plugin.configs.strict,
    files: ['**/*.ts'],
    languageOptions: { parser },
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'off' },
  },
];
// Under their own names ESLint would leave them out: they lie in node_modules.
const linter = new Linter();

let total = 0;
let wrong = 0;
for (const name of packages) {
  const folder = folderOf(name);
  let lines = 0;
  let reports = 0;
  for (const file of sourcesIn(folder)) {
    const text = readFileSync(file, 'utf8');
    lines += text.split('\n').length - 1;
    for (const { fatal, ruleId, message, line } of linter.verify(text, config, 'foreign.ts')) {
      if (fatal) throw new Error(`${relative(root, file)}:${line} cannot be read: ${message}`);
      // Without a rule: a comment that turns rules off, which is not obeyed here.
      if (ruleId === null) continue;
      console.log(`${relative(root, file)}:${line}: ${ruleId}`);
      reports++;
    }
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  console.log(`${name} ${version}: ${lines} lines, ${reports} false alarms`);
  total += lines;
  wrong += reports;
}
console.log(`together: ${total} lines, ${wrong} false alarms`);
if (total < 50_000 || wrong > 0) process.exitCode = 1;

function folderOf(name) {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  while (!isPackage(folder, name)) folder = dirname(folder);
  return folder;
}

function isPackage(folder, name) {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === name;
  } catch {
    return false;
  }
}

function sourcesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.d)\.ts$/.test(file) && !/node_modules/.test(file))
    .map((file) => join(folder, file));
}
