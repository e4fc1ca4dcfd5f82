import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';
import { root } from './workspaces.ts';

const page = await readFile(join(root, 'docs/src/content/docs/start/install.md'), 'utf8');

/** The block of a language that comes first after a text of the page. */
function blockAfter(text: string, language: string): string {
  const [, block] = new RegExp(`\`\`\`${language}\\n([^]*?)\n\`\`\``).exec(page.slice(page.indexOf(text))) ?? [];
  if (block === undefined) throw new Error(`install.md has no ${language} after "${text}"`);
  return block;
}

let project: string;
beforeAll(async () => {
  // Below node_modules, so that it finds packages as a project of a user does.
  const samples = join(root, 'node_modules', '.tercet-samples');
  await mkdir(samples, { recursive: true });
  project = await mkdtemp(join(samples, 'install-'));
  await mkdir(join(project, 'src'));
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  await writeFile(join(project, 'tsconfig.json'), blockAfter('A `tsconfig.json` for a program', 'json'));
  await writeFile(join(project, 'src/hello.ts'), blockAfter('A first program, `src/hello.ts`', 'ts'));
});
afterAll(() => rm(project, { recursive: true, force: true }));

it.each([
  ['6', 'typescript/bin/tsc6'],
  ['7', '@typescript/native/bin/tsc'],
])(
  'the tsconfig.json of the page about installing lets TypeScript %s compile the first program to dist/hello.js',
  async (_version, compiler) => {
    await rm(join(project, 'dist'), { recursive: true, force: true });
    compile(join(root, 'node_modules', compiler));
    expect(runProgram(join(project, 'dist/hello.js'))).toBe(`${blockAfter('A first program', 'text')}\n`);
  },
);

/** @throws with what the compiler prints, when it refuses the program. */
function compile(compiler: string): void {
  try {
    execFileSync(process.execPath, [compiler, '-p', project, '--pretty', 'false'], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    throw new Error(`the compiler refuses it:\n${(error as { stdout: string }).stdout}`, { cause: error });
  }
}
