import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from '@jest/globals';
import type * as TypeScript from 'typescript';

const packagesFolder = join(import.meta.dirname, '../../..');

/** The result of a program. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs in a separate Node process. */
export interface RunningProgram {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves when this text has been written to its standard output or error; rejects if it ends without. */
  says(text: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

const children = new Set<ChildProcessWithoutNullStreams>();
let folder: string | undefined;
let count = 0;

/**
 * Runs a program that imports `@tercet/*`, as plain JavaScript in a separate Node process. Signals, and the end of a
 * process, cannot be observed from within a test runner.
 *
 * It runs the sources without a build: they are transpiled, file by file, into a folder laid out like an
 * installation.
 */
export function startProgram(
  source: string,
  options: { args?: string[]; env?: NodeJS.ProcessEnv } = {},
): RunningProgram {
  const file = join((folder ??= installSources()), `program-${count++}.mjs`);
  // Node 20 does not support `using` yet.
  writeFileSync(file, translate(source));
  const child = spawn(process.execPath, [file, ...(options.args ?? [])], { env: { ...process.env, ...options.env } });
  children.add(child);
  child.on('close', () => children.delete(child));
  return observe(child);
}

/** `startProgram`, until it has ended. */
export function runProgram(source: string, options?: { args?: string[] }): Promise<Ended> {
  const program = startProgram(source, options);
  program.child.stdin.end();
  return program.ended;
}

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

function observe(child: ChildProcessWithoutNullStreams): RunningProgram {
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!output.stdout.includes(text) && !output.stderr.includes(text)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
      ended.then(() => reject(new Error(`ended without saying ${text}: ${JSON.stringify(output)}`)), reject);
    });
  return { child, says, ended };
}

function installSources(): string {
  const installed = mkdtempSync(join(tmpdir(), 'tercet-programs-'));
  for (const name of ['core', 'sync', 'streams', 'proc']) install(name, join(installed, 'node_modules/@tercet', name));
  return installed;
}

function install(name: string, target: string): void {
  const root = join(packagesFolder, name);
  for (const path of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue;
    const output = join(target, 'dist', path.replace(/ts$/, 'js'));
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, translate(readFileSync(join(root, 'src', path), 'utf8')));
  }
  const { exports, type } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name: `@tercet/${name}`, type, exports }));
}

const typescript = createRequire(import.meta.url)('typescript') as typeof TypeScript;

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
