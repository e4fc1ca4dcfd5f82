import { dirname, relative, resolve } from 'node:path';
import ts from 'typescript';
import { withSlashes } from './systems.ts';
import { filesIn, readText, root } from './workspaces.ts';

/** A file needs another one of its package before it can run. */
export interface ValueImport {
  /** Both below the root of the repository. */
  readonly from: string;
  readonly to: string;
}

/** The imports within a folder that remain in the compiled code. Types vanish, and `import()` waits until it is called. */
export function valueImportsOf(path: string): ValueImport[] {
  return filesIn(path).flatMap((from) =>
    valueSpecifiers(from).map((specifier) => ({
      from,
      to: withSlashes(relative(root, resolve(root, dirname(from), specifier))),
    })),
  );
}

function valueSpecifiers(file: string): string[] {
  const { statements } = ts.createSourceFile(file, readText(file), ts.ScriptTarget.Latest);
  return statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { moduleSpecifier } = statement;
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return [];
    return moduleSpecifier.text.startsWith('.') && hasValues(statement) ? [moduleSpecifier.text] : [];
  });
}

function hasValues(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return !statement.isTypeOnly && namesValues(statement.exportClause);
  const clause = statement.importClause;
  if (clause === undefined || clause.name !== undefined) return true;
  return clause.phaseModifier !== ts.SyntaxKind.TypeKeyword && namesValues(clause.namedBindings);
}

function namesValues(names: ts.NamedImportBindings | ts.NamedExportBindings | undefined): boolean {
  if (names === undefined || ts.isNamespaceImport(names) || ts.isNamespaceExport(names)) return true;
  return names.elements.some(({ isTypeOnly }) => !isTypeOnly);
}

/** A way along these imports that leads back to its beginning, or nothing if there is none. */
export function findCircle(imports: readonly ValueImport[]): string[] | undefined {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    done.add(file);
    way.push(file);
    for (const to of targets.get(file) ?? []) {
      const circle = visit(to);
      if (circle !== undefined) return circle;
    }
    way.pop();
    return undefined;
  };
  for (const file of targets.keys()) {
    const circle = visit(file);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
