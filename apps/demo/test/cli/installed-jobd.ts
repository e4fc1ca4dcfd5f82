import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as TypeScript from 'typescript';

// Tests of the real program must run the sources as they are now, independently of earlier builds and of how jest was started.
// So they translate them, file by file, into a folder that has the shape of an installation. Its name is a digest of what
// it was made from: an edit leads to another folder, and without one the next test file finds this one ready.

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const packages = ['context', 'core', 'fs', 'net', 'parallel', 'proc', 'streams', 'sync'];
// Below node_modules, so that what jobd takes from the registry is found from there.
const cache = join(root, 'node_modules/.cache/tercet-jobd');
const unusedFor = 24 * 60 * 60 * 1_000;

const { ModuleKind, ScriptTarget, transpileModule, version } = createRequire(import.meta.url)(
  'typescript',
) as typeof TypeScript;

export interface Source {
  /** In the installation. */
  readonly path: string;
  readonly text: string;
}

/**
 * Makes an installation of the current sources, if there is none.
 *
 * @param edit changes the text of a source first. @returns the path of the program.
 */
export function installJobd(edit: (source: Source) => string = ({ text }) => text): string {
  const sources = [
    ...sourcesOf('apps/demo', '.'),
    ...packages.flatMap((name) => sourcesOf(`packages/${name}`, `node_modules/@tercet/${name}`)),
  ].map((source) => ({ ...source, text: edit(source) }));
  const digest = createHash('sha256').update(version);
  for (const { path, text } of sources) digest.update(`${path}\0${text}\0`);
  const folder = join(cache, digest.digest('hex').slice(0, 32));
  if (!isThere(folder)) install(sources, folder);
  utimesSync(folder, new Date(), new Date());
  return join(folder, 'dist/main.js');
}

/** The sources of a package and its package.json, each with its path in the installation. */
function sourcesOf(folder: string, target: string): Source[] {
  const from = join(root, folder);
  const names = readdirSync(join(from, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const read = (name: string): string => readFileSync(join(from, name), 'utf8');
  return [
    { path: join(target, 'package.json'), text: read('package.json') },
    ...names.sort().map((name) => ({ path: join(target, 'dist', name), text: read(join('src', name)) })),
  ];
}

// Another process may do the same at the same time: each makes a folder of its own, and the first one to be ready wins.
function install(sources: readonly Source[], folder: string): void {
  mkdirSync(cache, { recursive: true });
  removeUnused();
  const own = mkdtempSync(join(cache, 'new-'));
  for (const { path, text } of sources) {
    const isSource = path.endsWith('.ts');
    const target = join(own, isSource ? path.replace(/ts$/, 'js') : path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, isSource ? translate(text) : text);
  }
  try {
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true });
    if (!isThere(folder)) throw error;
  }
}

function translate(text: string): string {
  const compilerOptions = {
    target: ScriptTarget.ES2022,
    module: ModuleKind.ESNext,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
  };
  return transpileModule(text, { compilerOptions }).outputText;
}

function removeUnused(): void {
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name);
    const usedAt = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (usedAt < Date.now() - unusedFor) rmSync(folder, { recursive: true, force: true });
  }
}

function isThere(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false }) !== undefined;
}
