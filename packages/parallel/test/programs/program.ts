import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll } from '@jest/globals';

/** The output and the exit of a program. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program in a process of its own. */
export interface Program {
  readonly child: ChildProcess;
  /** Resolves to the first match in what it has written to its standard output. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<Ended>;
}

const root = join(import.meta.dirname, '../..');
// Where the packages are found as they were built, nothing is committed, and Node strips types, as it does not in node_modules.
const parent = join(root, '.jest');
const children = new Set<ChildProcess>();
let folder: string | undefined;
let count = 0;

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** The jobs of the tests, for a program. */
export const JOBS: string = `
import { remote } from '@tercet/parallel';
const plain = remote(${JSON.stringify(join(root, 'test/jobs/plain.mjs'))});
const tasks = remote(${JSON.stringify(join(root, 'test/jobs/tasks.mjs'))});
`;

/** Writes a file beside the programs. @returns its path. */
export function writeProgramFile(name: string, source: string): string {
  mkdirSync(parent, { recursive: true });
  folder ??= mkdtempSync(join(parent, 'programs-'));
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, source);
  return file;
}

export interface ProgramOptions {
  readonly name?: string;
  readonly flags?: readonly string[];
  readonly env?: object;
  /** It leads a group of processes: a signal can be sent to all of them. */
  readonly detached?: boolean;
}

/** Starts a program that imports `@tercet/*` as they were built. */
export function startProgram(
  source: string,
  { name = `program-${count++}.mjs`, ...options }: ProgramOptions = {},
): Program {
  return startFile(writeProgramFile(name, source), options);
}

export function startFile(file: string, { flags = [], env = {}, detached = false }: ProgramOptions = {}): Program {
  const child = spawn(process.execPath, [...flags, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    detached,
  });
  children.add(child);
  const output = { stdout: '', stderr: '' };
  const looks = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
      for (const look of looks) look();
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      children.delete(child);
      resolve({ code, signal, ...output });
    });
  });
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(output.stdout);
        if (match === null) return;
        looks.delete(look);
        resolve(match);
      };
      looks.add(look);
      look();
      ended.then(() => reject(new Error(`ended without saying ${pattern}: ${JSON.stringify(output)}`)), reject);
    });
  return { child, says, ended };
}
