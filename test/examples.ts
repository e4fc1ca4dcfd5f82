import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';

/** A program in a Markdown file: a block of TypeScript, and the block of text after it that shows what it prints. */
export interface Example {
  readonly line: number;
  readonly source: string;
  /** Its output; `undefined` when the text does not show it. */
  readonly output: string | undefined;
  /** Whether it goes on after that for ever: the text ends with an ellipsis. */
  readonly endless: boolean;
}

/** The programs among a file's blocks of code: those that import something. */
export async function examplesOf(file: string): Promise<Example[]> {
  const text = await readFile(file, 'utf8');
  const blocks = [...text.matchAll(/^([ ]*)```(\w*)\n([\s\S]*?)^\1```$/gm)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    language: match[2]!,
    content: match[3]!.replaceAll(new RegExp(`^${match[1]!}`, 'gm'), ''),
  }));
  return blocks.flatMap(({ line, language, content }, index) => {
    if (language !== 'ts' || !/^import /m.test(content)) return [];
    const next = blocks[index + 1];
    const output = next?.language === 'text' ? next.content : undefined;
    const endless = output?.endsWith('…\n') === true;
    return [{ line, source: content, output: endless ? output.slice(0, -'…\n'.length) : output, endless }];
  });
}

/**
 * Runs a program as a user would, in a new process, against the packages as they were built. One that is endless
 * is stopped when it has printed what it should.
 *
 * @returns what it printed to either stream, and its exit code.
 */
export async function runExample(
  root: string,
  { source, output, endless }: Example,
): Promise<{ printed: string; code: number | null }> {
  const file = await compile(root, source);
  return await runFile(root, file, { output, endless });
}

/** Runs a program until its end, or until it has printed what is expected of one that is endless; at most 25 seconds. */
export async function runFile(
  root: string,
  file: string,
  { output, endless }: Pick<Example, 'output' | 'endless'>,
): Promise<{ printed: string; code: number | null }> {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_TEST_CONTEXT: undefined };
  const child = spawn(process.execPath, [file], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env });
  const timer = setTimeout(() => child.kill('SIGKILL'), 25_000);
  let printed = '';
  const collect = (data: Buffer): void => {
    printed += data.toString();
    if (endless && printed.length >= output!.length) child.kill('SIGKILL');
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(timer);
  return { printed: endless ? printed.slice(0, output!.length) : printed, code: endless ? 0 : code };
}

// Below node_modules, so that the packages are found, and nothing of it is ever committed.
async function compile(root: string, source: string): Promise<string> {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const folder = join(root, 'node_modules', '.tercet-examples');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${createHash('sha256').update(outputText).digest('hex').slice(0, 16)}.mjs`);
  await writeFile(file, outputText);
  return file;
}
