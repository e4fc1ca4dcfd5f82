// The steps of a user of one package and nothing else: install it, load it both ways, compile against it, try its README.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { command, node } from './command.mjs';
import { connect, userEnvironment } from './npm-settings.mjs';

const typescriptOptions = {
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  strict: true,
  noEmit: true,
  skipLibCheck: false,
};

export class User {
  #folder;
  #registry;
  #env = userEnvironment();

  constructor(folder, registry) {
    this.#folder = folder;
    this.#registry = registry;
    mkdirSync(folder, { recursive: true });
    this.#write('package.json', JSON.stringify({ name: 'user', private: true, type: 'module' }));
    connect(folder, registry);
  }

  /** Installs packages, and makes sure that each of Tercet's is there once and comes from the rehearsal. */
  async install(...specifiers) {
    await command('npm', ['install', '--loglevel=error', ...specifiers], this.#where);
    const { packages } = JSON.parse(this.#read('node_modules', '.package-lock.json'));
    for (const [path, { resolved }] of Object.entries(packages).filter(([path]) => path.includes('/@tercet/'))) {
      assert.equal(path.lastIndexOf('node_modules'), 0, `there is a second copy: ${path}`);
      assert.ok(resolved.startsWith(`${this.#registry.url}/`), `${path} comes from somewhere else`);
    }
  }

  has(name) {
    return existsSync(join(this.#folder, 'node_modules', name));
  }

  manifestOf(name) {
    return JSON.parse(this.#read('node_modules', name, 'package.json'));
  }

  readmeOf(name) {
    return join(this.#folder, 'node_modules', name, 'README.md');
  }

  /** Imports a module, requires it, and makes sure that both give the same; gives back the names it exports. */
  async load(specifier) {
    this.#write(
      'load.cjs',
      `const required = require('${specifier}');
       import('${specifier}').then((imported) => {
         const names = Object.keys(imported).filter((name) => name !== 'module.exports' && name !== 'default');
         for (const name of names) if (imported[name] !== required[name]) throw new Error(name + ' is there twice');
         console.log(JSON.stringify(names));
       });`,
    );
    return JSON.parse(await node(['load.cjs'], this.#where));
  }

  /** Runs an ES module and gives back what it printed. */
  async run(source) {
    this.#write('run.mjs', source);
    return await node(['run.mjs'], this.#where);
  }

  /**
   * Compiles programs against what is installed, as an ES module in each way that TypeScript finds packages, and as
   * CommonJS; libraries are checked as well.
   */
  async compile(compiler, specifiers, programs) {
    const all = (text) => specifiers.map((specifier, index) => text(specifier, `it${index}`)).join('\n');
    this.#write(
      'use.ts',
      all((from, name) => `import * as ${name} from '${from}';\nexport { ${name} };`),
    );
    this.#write(
      'use.cts',
      all((from, name) => `import ${name} = require('${from}');\nexport { ${name} };`),
    );
    programs.forEach((source, index) => this.#write(`program${index}.ts`, source));
    const files = ['use.ts', ...programs.map((_, index) => `program${index}.ts`)];
    const projects = {
      nodenext: { module: 'nodenext', files: [...files, 'use.cts'] },
      bundler: { module: 'esnext', moduleResolution: 'bundler', files },
    };
    for (const [project, { files: included, ...options }] of Object.entries(projects)) {
      const config = `tsconfig.${project}.json`;
      this.#write(config, JSON.stringify({ compilerOptions: { ...typescriptOptions, ...options }, files: included }));
      await node([compiler, '--project', config], this.#where);
    }
  }

  /** The packages that these programs import and that are not installed. */
  missing(programs) {
    const specifiers = programs.flatMap((source) => [...source.matchAll(/ from '([^'.][^']*)'/g)].map(([, it]) => it));
    const names = specifiers
      .filter((specifier) => !isBuiltin(specifier))
      .map((it) => /^(?:@[^/]+\/)?[^/]+/.exec(it)[0])
      .filter((name) => !this.has(name));
    return [...new Set(names)];
  }

  /** Where a program that is run finds what is installed. */
  get folder() {
    return this.#folder;
  }

  #read(...path) {
    return readFileSync(join(this.#folder, ...path), 'utf8');
  }

  #write(name, text) {
    writeFileSync(join(this.#folder, name), text);
  }

  get #where() {
    return { cwd: this.#folder, env: this.#env };
  }
}
