// Compiles a program that uses all packages against their built declarations, libraries included, with the oldest versions
// of TypeScript and @types/node that the READMEs name, with the newest ones, and with some in between. (The newest types of
// Node do not compile with the oldest TypeScript, with or without other packages.)
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeProject } from '../npm-project.mjs';
import { node } from '../release/command.mjs';
import { nodeTypes, typescript } from './versions.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Which compilers are tried with which types of Node: all with the oldest ones, the newest one with all others. */
const pairs = [
  ...typescript.map((compiler) => [compiler, nodeTypes[0]]),
  ...nodeTypes.slice(1).map((types) => [typescript.at(-1), types]),
];

/** A project that names the library with `Disposable` in it, and one that names none and has its code bundled. */
const projects = {
  nodenext: { module: 'nodenext', lib: ['es2023', 'esnext.disposable'] },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

const work = mkdtempSync(join(tmpdir(), 'tercet-compilers-'));
const failures = [];
try {
  const manifests = readdirSync(join(root, 'packages')).map(manifestOf);
  await install(manifests);
  for (const [compiler, types] of pairs) {
    useTypes(types);
    for (const [project, options] of Object.entries(projects)) {
      await compile(compiler, options, `TypeScript ${compiler}, @types/node ${types}, ${project}`);
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
for (const failure of failures) console.error(failure.message);
if (failures.length > 0) process.exitCode = 1;

function manifestOf(folder) {
  return { folder, ...createRequire(import.meta.url)(join(root, 'packages', folder, 'package.json')) };
}

/** Installs the compilers and the types of Node, each under another name, the dependencies of the packages, and the packages. */
async function install(manifests) {
  const dependencies = Object.assign({}, ...manifests.map((manifest) => manifest.dependencies));
  const foreign = Object.entries(dependencies).filter(([name]) => !name.startsWith('@tercet/'));
  const wanted = [
    ...typescript.map((version) => `${compilerName(version)}@npm:typescript@${version}`),
    ...nodeTypes.map((version) => `${typesName(version)}@npm:@types/node@${version}`),
    ...foreign.map(([name, range]) => `${name}@${range}`),
  ];
  await makeProject(work, wanted, { type: 'module' });
  for (const { folder, name } of manifests) {
    const target = join(work, 'node_modules', name);
    mkdirSync(target, { recursive: true });
    for (const part of ['package.json', 'dist']) {
      cpSync(join(root, 'packages', folder, part), join(target, part), { recursive: true });
    }
  }
  const specifiers = manifests.flatMap(({ name, exports }) =>
    Object.keys(exports)
      .filter((entry) => entry !== './package.json')
      .map((entry) => name + entry.slice(1)),
  );
  const imports = specifiers.map((specifier, index) => `export * as package${index} from '${specifier}';`);
  writeFileSync(join(work, 'everything.ts'), imports.join('\n'));
  cpSync(new URL('program.ts', import.meta.url), join(work, 'program.ts'));
}

function useTypes(version) {
  const target = join(work, 'node_modules', '@types', 'node');
  rmSync(target, { recursive: true, force: true });
  cpSync(join(work, 'node_modules', typesName(version)), target, { recursive: true });
}

async function compile(compiler, options, title) {
  const compilerOptions = {
    target: 'es2022',
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    ...options,
  };
  const files = ['everything.ts', 'program.ts'];
  writeFileSync(join(work, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  try {
    await node([binaryOf(compiler), '--project', '.'], { cwd: work });
    console.log(`${title}: compiles`);
  } catch (error) {
    console.log(`${title}: does not compile`);
    failures.push(error);
  }
}

function binaryOf(compiler) {
  const folder = join(work, 'node_modules', compilerName(compiler));
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, bin.tsc);
}

function compilerName(version) {
  return `compiler-${version}`;
}

function typesName(version) {
  return `node-types-${version}`;
}
