import { dirname, join, resolve } from 'node:path/posix';
import ts from 'typescript';
import { packages, readText } from '../workspaces.ts';

/** A name that an entry point of a package exports. */
export interface ExportedName {
  /** The entry point, such as `@tercet/core/lowlevel`. */
  readonly entry: string;
  readonly name: string;
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
