import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { packages, readText, root } from './workspaces.ts';

/** A name that an entry point of a package exports. */
export interface ExportedName {
  /** The entry point, such as `@tercet/core/lowlevel`. */
  readonly entry: string;
  readonly name: string;
  /** Whether it is only a type: an interface or an alias. */
  readonly isType: boolean;
  /** The texts of its `@example`s, and of those of its members. */
  readonly examples: readonly string[];
}

/** All names that the packages export, from the sources. */
export function exportedNames(): ExportedName[] {
  return packages.flatMap(({ name, path, manifest }) =>
    Object.entries(manifest.exports ?? {}).flatMap(([entry, target]) => {
      const source = typeof target === 'string' ? undefined : target['@tercet/source'];
      return source === undefined ? [] : namesOf(join(path, source), `${name}${entry.slice(1)}`);
    }),
  );
}

function namesOf(index: string, entry: string): ExportedName[] {
  return parse(index).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) return [];
    if (!ts.isNamedExports(statement.exportClause) || statement.moduleSpecifier === undefined) return [];
    const { text } = statement.moduleSpecifier as ts.StringLiteral;
    // The exports of another package are described there.
    if (!text.startsWith('.')) return [];
    const file = resolve('/', dirname(index), text).slice(1);
    return statement.exportClause.elements.map((element) => {
      const name = element.name.text;
      const declarations = declarationsOf(file, (element.propertyName ?? element.name).text);
      return {
        entry,
        name,
        isType:
          statement.isTypeOnly ||
          declarations.every((node) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)),
        examples: declarations.flatMap(examplesIn),
      };
    });
  });
}

/** The declarations of a name in a file, or where that has it from. */
function declarationsOf(file: string, name: string): ts.Node[] {
  return parse(file).statements.flatMap((statement): ts.Node[] => {
    if (ts.isVariableStatement(statement)) {
      const declares = statement.declarationList.declarations.some((each) => each.name.getText() === name);
      return declares ? [statement] : [];
    }
    if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)) {
      const element = statement.exportClause.elements.find((each) => each.name.text === name);
      const from = statement.moduleSpecifier as ts.StringLiteral | undefined;
      if (element === undefined || from === undefined || !from.text.startsWith('.')) return [];
      return declarationsOf(
        resolve('/', dirname(file), from.text).slice(1),
        (element.propertyName ?? element.name).text,
      );
    }
    const declared = (statement as { name?: ts.Node }).name?.getText();
    return declared === name ? [statement] : [];
  });
}

function examplesIn(node: ts.Node): string[] {
  const own = ts
    .getJSDocTags(node)
    .filter((tag) => tag.tagName.text === 'example')
    .map((tag) => ts.getTextOfJSDocComment(tag.comment) ?? '');
  const members = ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) ? [...node.members] : [];
  return [...own, ...members.flatMap(examplesIn)];
}

const parsed = new Map<string, ts.SourceFile>();

function parse(file: string): ts.SourceFile {
  let source = parsed.get(file);
  if (source === undefined) {
    source = ts.createSourceFile(file, readText(file), ts.ScriptTarget.Latest, true);
    parsed.set(file, source);
  }
  return source;
}

/**
 * Type-checks examples against the packages as they were built. The names of the packages that an example uses are imported
 * for it; names that are only its own, such as `url`, can be anything.
 *
 * @returns the errors, each with the name whose example it is.
 */
export async function checkExamples(names: readonly ExportedName[]): Promise<string[]> {
  const examples = names.flatMap(({ entry, name, examples }) => examples.map((text) => ({ entry, name, text })));
  const folder = join(root, 'node_modules', '.tercet-examples', 'types');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    noImplicitAny: false,
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    module: 'NodeNext',
    moduleDetection: 'force',
    types: ['node'],
  };
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.ts'] }));

  const unknown = examples.map(() => new Set<string>());
  let errors: Diagnostic[] = [];
  // Once to learn which names are only the example's, and once to see what is wrong.
  for (let pass = 0; pass < 2; pass++) {
    await Promise.all(
      examples.map(({ entry, text }, index) =>
        writeFile(join(folder, `example-${index}.ts`), programOf(entry, text, names, unknown[index]!)),
      ),
    );
    errors = await compile(folder);
    for (const { index, text } of errors) {
      const name =
        /Cannot find (?:name|namespace) '(\w+)'|No value exists in scope for the shorthand property '(\w+)'/.exec(text);
      if (name !== null) unknown[index]!.add(name[1] ?? name[2]!);
    }
  }
  return errors
    .filter(({ code }) => drift.has(code))
    .map(({ index, text }) => `${examples[index]!.entry} ${examples[index]!.name}: ${text}`);
}

/**
 * The compiler's errors for an example that no longer fits the interface: no such export, property or option, a wrong number
 * of arguments, or not even a program. Other errors come from the stand-ins for names that only the example knows.
 */
const drift = new Set([1002, 1003, 1005, 1109, 1128, 2305, 2339, 2353, 2551, 2554, 2555, 2561, 2724]);

function programOf(entry: string, text: string, names: readonly ExportedName[], unknown: ReadonlySet<string>): string {
  const code = text.replaceAll(/^```\w*$/gm, '');
  const own = (each: ExportedName): boolean => each.entry === entry;
  const imports = new Map<string, string>();
  for (const each of [...names.filter(own), ...names.filter((name) => !own(name))]) {
    if (new RegExp(`(?<![.\\w])${each.name}(?!\\w|:)`).test(code) && !imports.has(each.name))
      imports.set(each.name, each.entry);
  }
  const declares = (name: string): boolean =>
    new RegExp(`(class|function|const|let|interface|type) ${name}\\b`).test(code);
  return [
    ...[...imports].filter(([name]) => !declares(name)).map(([name, from]) => `import { ${name} } from '${from}';`),
    ...[...unknown].map((name) => `declare const ${name}: any; type ${name} = any;`),
    around(code.replaceAll('…', '0 as any')),
  ].join('\n');
}

/** The code around an example: a function, or a class if the example is a method. */
function around(code: string): string {
  const shells = [
    `export async function example(this: any): Promise<any> {\n${code}\n}`,
    `export class Example { [name: string]: any;\n${code}\n}`,
  ];
  const parses = (text: string): boolean =>
    (ts.transpileModule(text, { reportDiagnostics: true }).diagnostics ?? []).length === 0;
  return shells.find(parses) ?? shells[0]!;
}

interface Diagnostic {
  readonly index: number;
  readonly code: number;
  readonly text: string;
}

async function compile(folder: string): Promise<Diagnostic[]> {
  const tsc = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
  const child = spawn(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { cwd: folder });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (printed += data.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  return [...printed.matchAll(/^example-(\d+)\.ts\(\d+,\d+\): error TS(\d+): (.*)$/gm)].map(
    ([, index, code, text]) => ({
      index: Number(index),
      code: Number(code),
      text: text!,
    }),
  );
}
