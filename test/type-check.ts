import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './workspaces.ts';

const usual = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: 'ES2022',
  lib: ['ES2023', 'ESNext.Disposable'],
  module: 'NodeNext',
  moduleDetection: 'force',
  types: ['node'],
};

/** Type-checks all programs in a folder, as ES modules. @returns the lines that the compiler prints. */
export async function typeCheck(folder: string, options: Readonly<Record<string, boolean>>): Promise<string[]> {
  const config = { compilerOptions: { ...usual, ...options }, include: ['**/*.ts'] };
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
  const child = spawn(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { cwd: folder });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (printed += data.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  return printed.split(/\r?\n/).filter((line) => line !== '');
}
