import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { runsHere } from '../systems.ts';
import { typeCheck } from '../type-check.ts';
import { root } from '../workspaces.ts';
import type { ExportedName } from './exported-names.ts';

/** An example as a module that exports a function `example`. */
export interface ExampleProgram {
  /** The name whose example it is: `@tercet/core sleep`. */
  readonly title: string;
  readonly code: string;
  /** The imports of what it uses of the packages, and its own. */
  readonly imports: string;
  /** Names that are only the example's, such as `url`. They can be anything. */
  readonly unknown: ReadonlySet<string>;
}

/** Where programs are written to: below node_modules, so that they find packages, and are never committed. */
const folder = join(root, 'node_modules', '.tercet-examples', 'types');

/**
 * The compiler's errors for an example that no longer fits the interface: no such export, property or option, a wrong number
 * of arguments, or not even a program. Other errors come from the stand-ins for names that only the example knows.
 */
const drift = new Set([1002, 1003, 1005, 1109, 1128, 2305, 2339, 2353, 2551, 2554, 2555, 2561, 2724]);

/**
 * Makes programs of examples, and type-checks them against the packages as they were built. What an example uses of the
 * packages is imported for it.
 *
 * @returns the programs, and the errors, each with the name whose example it is.
 */
export async function compileExamples(
  names: readonly ExportedName[],
): Promise<{ readonly programs: readonly ExampleProgram[]; readonly errors: readonly string[] }> {
  const programs = names.flatMap(({ entry, name, examples }) =>
    examples
      .filter(runsHere)
      .map((text) => ({ title: `${entry} ${name}`, unknown: new Set<string>(), ...partsOf(entry, text, names) })),
  );
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });

  let errors: Diagnostic[] = [];
  // Once to learn which names are only the example's, and once to see what is wrong.
  for (let pass = 0; pass < 2; pass++) {
    await Promise.all(
      programs.map((program, index) => writeFile(join(folder, `example-${index}.ts`), typedSource(program))),
    );
    errors = await compile();
    for (const { index, text } of errors) {
      const name =
        /Cannot find (?:name|namespace) '(\w+)'|No value exists in scope for the shorthand property '(\w+)'/.exec(text);
      if (name !== null) programs[index]!.unknown.add(name[1] ?? name[2]!);
    }
  }
  return {
    programs,
    errors: errors.filter(({ code }) => drift.has(code)).map(({ index, text }) => `${programs[index]!.title}: ${text}`),
  };
}

function partsOf(
  entry: string,
  text: string,
  names: readonly ExportedName[],
): Pick<ExampleProgram, 'code' | 'imports'> {
  const own = (each: ExportedName): boolean => each.entry === entry;
  const lines = text.replaceAll(/^```\w*$/gm, '').split('\n');
  const isImport = (line: string): boolean => /^import .* from '[^']+';$/.test(line);
  const written = lines.filter(isImport).join('\n');
  const code = lines
    .filter((line) => !isImport(line))
    .join('\n')
    .trim();
  const imports = new Map<string, string>();
  for (const each of [...names.filter(own), ...names.filter((name) => !own(name))]) {
    if (new RegExp(`(?<![.\\w])${each.name}(?!\\w|:)`).test(code) && !imports.has(each.name))
      imports.set(each.name, each.entry);
  }
  const declares = (name: string): boolean =>
    new RegExp(`(class|function|const|let|interface|type) ${name}\\b`).test(code) ||
    new RegExp(`\\b${name}\\b`).test(written);
  const made = [...imports]
    .filter(([name]) => !declares(name))
    .map(([name, from]) => `import { ${name} } from '${from}';`);
  return { code, imports: [...made, written].join('\n') };
}

function typedSource({ code, imports, unknown }: ExampleProgram): string {
  const made = [...unknown].map((name) => `declare const ${name}: any; type ${name} = any;`);
  return [imports, ...made, around(code.replaceAll('…', '0 as any'))].join('\n');
}

/** The code around an example: a function, or a class if it is a method. */
function around(code: string): string {
  const shells = [
    `export async function example(this: any): Promise<any> {\n${code}\n}`,
    `export class Example { [name: string]: any;\n${code}\n}`,
  ];
  const parses = (text: string): boolean =>
    (ts.transpileModule(text, { reportDiagnostics: true }).diagnostics ?? []).length === 0;
  return shells.find(parses) ?? shells[0]!;
}

/**
 * Runs programs as `compileExamples` has made them, one after the other. Names that are only the example's are stand-ins,
 * which can be called, awaited and iterated over. A program that has no end is cancelled after a moment.
 *
 * @returns the errors, each with the name whose example it is.
 */
export async function runExamples(programs: readonly ExampleProgram[]): Promise<string[]> {
  await Promise.all(
    programs.map(async (program, index) => writeFile(join(folder, `run-${index}.mjs`), runnableSource(program))),
  );
  const runner = join(import.meta.dirname, 'run-examples.mjs');
  const env = { ...process.env, NODE_OPTIONS: '' };
  const child = spawn(process.execPath, [runner, folder, String(programs.length)], { cwd: folder, env });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (printed += data.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  const results = JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')) as (string | null)[];
  const wrong = results.flatMap((result, index) => (result === null ? [] : [`${programs[index]!.title}: ${result}`]));
  if (results.length === programs.length) return wrong;
  return [...wrong, `${programs[results.length]!.title} ended the process: ${printed.slice(-2000)}`];
}

/** The names of errors that an example shows, in a comment. Without a network a connection to example.org fails as well. */
function expectedErrors(code: string): string[] {
  const comments = [...code.matchAll(/\/\/.*/g)].join('\n');
  const named = [...comments.matchAll(/\b(\w+Error|Cancelled|WouldBlock|EndOfChannel)\b/g)].map(([name]) => name);
  return code.includes('example.org') ? [...named, 'ConnectionFailedError'] : named;
}

/** Functions that begin a run, so that they cannot be called in one. */
const beginsRun = /(?<![.\w]|async )(run|main|testRun|explore|test|it)\(/;

function runnableSource({ code, imports, unknown }: ExampleProgram): string {
  const standIns = `import { standIn } from '${pathToFileURL(join(import.meta.dirname, 'stand-in.mjs')).href}';`;
  const made = [...unknown].map((name) => `const ${name} = standIn('${name}');`);
  const expected = `export const expected = ${JSON.stringify(expectedErrors(code))};`;
  const outside = `export const outside = ${beginsRun.test(code.replaceAll(/\/\/.*/g, ''))};`;
  const source = [imports, standIns, ...made, outside, expected, around(code.replaceAll('…', 'undefined'))].join('\n');
  return ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: false },
  }).outputText;
}

interface Diagnostic {
  readonly index: number;
  readonly code: number;
  readonly text: string;
}

async function compile(): Promise<Diagnostic[]> {
  const lines = await typeCheck(folder, { noImplicitAny: false });
  return lines.flatMap((line) => {
    const [, index, code, text] = /^example-(\d+)\.ts\(\d+,\d+\): error TS(\d+): (.*)$/.exec(line) ?? [];
    return text === undefined ? [] : [{ index: Number(index), code: Number(code), text }];
  });
}
