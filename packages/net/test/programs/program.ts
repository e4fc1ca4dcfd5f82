import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll } from '@jest/globals';

const root = join(import.meta.dirname, '../../../..');

/** A program that runs in a separate Node process. */
export interface RunningProgram {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Its standard output and error so far. */
  readonly output: string;
  /** Resolves with the match when the output has got one; rejects when the program ends without. */
  says(text: RegExp): Promise<RegExpExecArray>;
}

const folder = mkdtempSync(join(tmpdir(), 'tercet-net-programs-'));
const children = new Set<RunningProgram['child']>();
let count = 0;

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/**
 * Runs a program that imports `@tercet/*` in a process of its own, whose limits are set by a shell: `ulimit -n 64`. It runs
 * the sources, without a build.
 */
export function runProgram(source: string, limits: string): RunningProgram {
  const file = join(folder, `program-${count++}.mjs`);
  const how = [
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--conditions=@tercet/source',
    '--loader=ts',
    '--log-level=error',
  ];
  execFileSync(process.execPath, [join(root, 'node_modules/esbuild/bin/esbuild'), ...how, `--outfile=${file}`], {
    cwd: join(root, 'packages/net'),
    input: source,
  });
  const child = spawn('sh', ['-c', `${limits}; exec "$0" "$1"`, process.execPath, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let output = '';
  const look = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const looks of look) looks();
    });
  }
  return {
    child,
    get output() {
      return output;
    },
    says: (text) =>
      new Promise((resolve, reject) => {
        const looks = (): void => {
          const match = text.exec(output);
          if (match === null) return;
          look.delete(looks);
          resolve(match);
        };
        look.add(looks);
        child.on('close', () => reject(new Error(`the program has ended, and has not said ${text}: ${output}`)));
        looks();
      }),
  };
}
