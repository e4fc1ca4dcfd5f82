import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { runFile } from './examples.ts';
import { typeCheck } from './type-check.ts';

/**
 * The meaning of the words after ```` ```ts ```` in the pages of the site:
 *
 * - nothing: a program. It is type-checked and run, and prints what the next block shows.
 * - `libs`: a program that needs a library which only the workspace of the site has. `npm run docs:check` runs it.
 * - `types`: the same, but it needs a server, so it is only type-checked.
 * - `silent`: a program whose output is not shown, such as a test.
 * - `file=jobs.ts`: a module that the other programs of the page import, under that name. It is not run itself.
 * - `shape`: signatures or an excerpt; not a program.
 */
export type SampleKind = 'program' | 'libs' | 'types' | 'shape' | 'file';

export interface Sample {
  /** The page that it stands in, and the line of its first fence. */
  readonly file: string;
  readonly line: number;
  readonly kind: SampleKind;
  readonly source: string;
  /** Its output; `undefined` when that is not shown. */
  readonly output: string | undefined;
  /** Whether it goes on after that for ever: the text ends with an ellipsis. */
  readonly endless: boolean;
  readonly silent: boolean;
  /** The modules of the page that it may import. */
  readonly modules: readonly Module[];
}

interface Module {
  /** `jobs.ts` */
  readonly name: string;
  readonly source: string;
}

interface Block {
  readonly line: number;
  readonly language: string;
  readonly words: readonly string[];
  readonly content: string;
  /** Whether nothing but white space separates it from the block before. */
  readonly follows: boolean;
}

/** The blocks of TypeScript in a page. */
export async function samplesOf(file: string): Promise<Sample[]> {
  const blocks = blocksOf(await readFile(file, 'utf8'));
  const modules = blocks.flatMap(({ words, content }) => {
    const name = nameOf(words);
    return name === undefined ? [] : [{ name, source: content }];
  });
  return blocks.flatMap(({ line, language, words, content }, index) => {
    if (language !== 'ts') return [];
    const special = words.find((word): word is SampleKind => ['libs', 'types', 'shape'].includes(word));
    const kind = special ?? (nameOf(words) === undefined ? 'program' : 'file');
    const next = blocks[index + 1];
    const text = next?.language === 'text' && next.follows ? next.content : undefined;
    const endless = text?.endsWith('…\n') === true;
    const output = endless ? text!.slice(0, -'…\n'.length) : text;
    return [{ file, line, kind, source: content, output, endless, silent: words.includes('silent'), modules }];
  });
}

function nameOf(words: readonly string[]): string | undefined {
  return words.find((word) => word.startsWith('file='))?.slice('file='.length);
}

function blocksOf(text: string): Block[] {
  let end = 0;
  return [...text.matchAll(/^([ ]*)```(\w*)([^\n]*)\n([\s\S]*?)^\1```$/gm)].map((match) => {
    const between = text.slice(end, match.index);
    end = match.index + match[0].length;
    return {
      line: text.slice(0, match.index).split('\n').length,
      language: match[2]!,
      words: match[3]!.trim().split(/\s+/),
      content: match[4]!.replaceAll(new RegExp(`^${match[1]!}`, 'gm'), ''),
      follows: between.trim() === '',
    };
  });
}

/** Where the programs of the site are written to: below node_modules, so that they find packages, and are never committed. */
export function sampleFolder(root: string, kind: SampleKind): string {
  return join(root, kind === 'program' ? '' : 'docs', 'node_modules', '.tercet-samples');
}

/**
 * Runs a program as a user would, in a new process, against the packages as they were built. One that is endless
 * is stopped when it has printed what it should.
 *
 * @returns what it printed to either stream, and its exit code.
 */
export async function runSample(root: string, sample: Sample): Promise<{ printed: string; code: number | null }> {
  const file = await compile(sampleFolder(root, sample.kind), sample);
  return await runFile(root, file, sample);
}

/** Writes a program, and the modules that it imports, into a folder of its own. */
async function compile(folder: string, { source, modules }: Sample): Promise<string> {
  const program = toJavaScript(source);
  const hash = createHash('sha256').update(program);
  for (const { source: text } of modules) hash.update(text);
  const own = join(folder, hash.digest('hex').slice(0, 16));
  await mkdir(own, { recursive: true });
  await writeFile(join(own, 'package.json'), '{ "type": "module" }');
  for (const { name, source: text } of modules)
    await writeFile(join(own, name.replace(/ts$/, 'js')), toJavaScript(text));
  const file = join(own, 'program.js');
  await writeFile(file, program);
  return file;
}

function toJavaScript(source: string): string {
  return ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      jsx: ts.JsxEmit.React,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  }).outputText;
}

/**
 * Type-checks samples, all together.
 *
 * @returns the errors, one in a line, each with the page and the line in it.
 */
export async function checkTypes(root: string, samples: readonly Sample[]): Promise<string[]> {
  const [first] = samples;
  if (first === undefined) return [];
  const folder = join(sampleFolder(root, first.kind), 'types');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await Promise.all(
    samples.map(async ({ source, modules }, index) => {
      // Modules of different pages may have the same name.
      const own = modules.length === 0 ? folder : join(folder, String(index));
      await mkdir(own, { recursive: true });
      for (const { name, source: text } of modules) await writeFile(join(own, name), text);
      await writeFile(join(own, `sample-${index}.ts`), source);
    }),
  );
  const lines = await typeCheck(folder, { experimentalDecorators: true, emitDecoratorMetadata: true });
  return lines.map((line) =>
    line.replace(/^(?:\d+\/)?sample-(\d+)\.ts\((\d+),/, (_, index: string, at: string) => {
      const sample = samples[Number(index)]!;
      return `${sample.file}:${sample.line + Number(at)} (`;
    }),
  );
}

/** Writes the output of a program into its page, to save the writer of the page from copying it. */
export async function fillIn(sample: Sample, printed: string): Promise<void> {
  const text = await readFile(sample.file, 'utf8');
  const lines = text.split('\n');
  const start = sample.line + sample.source.split('\n').length;
  const fence = lines.findIndex((line, index) => index >= start && line.trim() === '```text');
  if (fence === -1) return;
  const indent = lines[fence]!.slice(0, lines[fence]!.indexOf('`'));
  const end = lines.findIndex((line, index) => index > fence && line === `${indent}\`\`\``);
  const body = printed === '' ? [] : printed.replace(/\n$/, '').split('\n');
  lines.splice(fence + 1, end - fence - 1, ...body.map((line) => (line === '' ? line : indent + line)));
  await writeFile(sample.file, lines.join('\n'));
}
