import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { withSlashes } from './systems.ts';

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly author?: string;
  readonly bugs?: string;
  readonly repository?: { readonly type: string; readonly url: string };
  readonly packageManager?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export interface Workspace {
  /** The path below the root of the repository, such as `packages/core`. */
  readonly path: string;
  /** The last part of the path, such as `core`. */
  readonly folder: string;
  readonly name: string;
  readonly manifest: Manifest;
}

export interface Import {
  /** The file that imports, below the root of the repository. */
  readonly file: string;
  readonly specifier: string;
  /** The file that a relative specifier points at, below the root of the repository. */
  readonly target?: string;
}

export const root: string = fileURLToPath(new URL('..', import.meta.url));

export const rootManifest: Manifest = readManifest('.');
export const packages: readonly Workspace[] = readWorkspaces('packages');
export const apps: readonly Workspace[] = readWorkspaces('apps');
export const workspaces: readonly Workspace[] = [...packages, ...apps];

/** The text of a file of the repository, or nothing if there is no such file. */
export function readText(path: string): string {
  return existsSync(resolve(root, path)) ? readFileSync(resolve(root, path), 'utf8') : '';
}

/** The TypeScript files in a folder, and in those below it. */
export function filesIn(path: string): string[] {
  if (!existsSync(resolve(root, path))) return [];
  return readdirSync(resolve(root, path), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${path}/${withSlashes(name)}`);
}

/** All imports in a folder's TypeScript files: static, dynamic, re-exporting, and those of types alone. */
export function importsOf(path: string): Import[] {
  return filesIn(path).flatMap((file) =>
    ts.preProcessFile(readText(file), true, true).importedFiles.map(({ fileName: specifier }) => ({
      file,
      specifier,
      ...(specifier.startsWith('.') && {
        target: withSlashes(relative(root, resolve(root, dirname(file), specifier))),
      }),
    })),
  );
}

/** The name of the package that a specifier leads to: `@scope/name` or `name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function readWorkspaces(group: string): Workspace[] {
  return readdirSync(resolve(root, group))
    .filter((folder) => existsSync(resolve(root, group, folder, 'package.json')))
    .map((folder) => {
      const path = `${group}/${folder}`;
      const manifest = readManifest(path);
      return { path, folder, name: manifest.name, manifest };
    });
}

function readManifest(path: string): Manifest {
  return JSON.parse(readText(`${path}/package.json`)) as Manifest;
}
