import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from '@jest/globals';
import type * as TypeScript from 'typescript';

/** The result of a program that has ended; `code` is null if it had to be stopped. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const root = join(import.meta.dirname, '../..');
const typescript = createRequire(import.meta.url)('typescript') as typeof TypeScript;
let folder: string | undefined;
let count = 0;

/**
 * Runs a program that imports `@tercet/core`, as plain JavaScript in a node of its own: what happens at the end of a
 * process, and to errors that are not handled, cannot be seen from within a test runner. It runs the sources, without a
 * build, translated file by file into a folder that has the shape of an installation.
 */
export function runProgram(source: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const file = join((folder ??= installCore()), `program-${count++}.mjs`);
  writeFileSync(file, translate(source));
  const child = spawn(process.execPath, [file], { env: { ...process.env, ...env }, timeout: 30_000 });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
}

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

function installCore(): string {
  const installed = mkdtempSync(join(tmpdir(), 'tercet-core-programs-'));
  const target = join(installed, 'node_modules/@tercet/core');
  for (const path of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue;
    const output = join(target, 'dist', path.replace(/ts$/, 'js'));
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, translate(readFileSync(join(root, 'src', path), 'utf8')));
  }
  // Deno takes from node_modules only what a package.json asks for.
  const asking = { private: true, dependencies: { '@tercet/core': '*' } };
  writeFileSync(join(installed, 'package.json'), JSON.stringify(asking));
  const { name, exports, type } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name, type, exports }));
  return installed;
}

function translate(source: string): string {
  const { ModuleKind, ScriptTarget } = typescript;
  return typescript.transpileModule(source, {
    compilerOptions: {
      target: ScriptTarget.ES2022,
      module: ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  }).outputText;
}
