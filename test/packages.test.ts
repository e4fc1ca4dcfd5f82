import { describe, expect, test } from '@jest/globals';
import { entryPoints } from './layers.ts';
import { packages, readText, rootManifest } from './workspaces.ts';

/** The oldest compiler of `npm run test:compilers`. */
const oldestCompiler = /typescript = \['([\d.]+)'/.exec(readText('scripts/compilers/versions.mjs'))?.[1];
const repositoryUrl = rootManifest.repository?.url.replace(/^git\+(.*)\.git$/, '$1');

describe.each(packages)('$name', ({ path, folder, name, manifest }) => {
  test('is named after its folder', () => {
    expect(name).toBe(`@tercet/${folder}`);
  });

  test('has a description, keywords and addresses', () => {
    expect(manifest.description).toMatch(/^[A-Z].{20,}[^.]$/);
    expect(manifest.keywords).toEqual(expect.arrayContaining(['structured-concurrency', 'tercet']));
  });

  test('has the fields that all packages share', () => {
    expect(manifest).toMatchObject({
      license: 'MIT',
      type: 'module',
      sideEffects: false,
      engines: rootManifest.engines,
      files: ['dist', 'src', 'CHANGELOG.md'],
      publishConfig: { access: 'public' },
      author: rootManifest.author,
      bugs: rootManifest.bugs,
      repository: { ...rootManifest.repository, directory: path },
      homepage: `${repositoryUrl}/tree/main/${path}#readme`,
      scripts: {
        prepack: 'node ../../scripts/published-manifest.mjs write',
        postpack: 'node ../../scripts/published-manifest.mjs restore',
        api: 'node ../../scripts/api-report.mjs',
        'api:update': 'node ../../scripts/api-report.mjs --update',
      },
    });
    expect(manifest).not.toHaveProperty('private');
  });

  test('offers each entry point as source, types and code, the source first', () => {
    const offers = entryPoints[folder]?.map((entry) => {
      const file = entry === '.' ? 'index' : entry.slice(2);
      const conditions = [
        ['@tercet/source', `./src/${file}.ts`],
        ['types', `./dist/${file}.d.ts`],
        ['default', `./dist/${file}.js`],
      ];
      return [entry, conditions];
    });
    const found = Object.entries(manifest.exports ?? {}).map(([entry, target]) => [
      entry,
      typeof target === 'string' ? target : Object.entries(target),
    ]);
    expect(found).toEqual([...(offers ?? []), ['./package.json', './package.json']]);
  });

  test('leaves room for newer releases of its siblings', () => {
    const ranges = Object.entries(manifest.dependencies ?? {}).filter(([dependency]) =>
      dependency.startsWith('@tercet/'),
    );
    expect(ranges.filter(([, range]) => !/^\^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
  });

  test('takes every fitting release of the libraries that it stands on', () => {
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies });
    expect(ranges.filter(([, range]) => !/^(\^|>=)\d/.test(range))).toEqual([]);
  });

  test('makes each library that only a part of it uses an optional peer', () => {
    expect(manifest).not.toHaveProperty('optionalDependencies');
    const peers = Object.keys(manifest.peerDependencies ?? {});
    expect(Object.keys(manifest.peerDependenciesMeta ?? {})).toEqual(peers);
    expect(peers.filter((peer) => manifest.peerDependenciesMeta?.[peer]?.optional !== true)).toEqual([]);
  });

  test('has a README whose links work wherever it is shown', () => {
    const targets = [...readText(`${path}/README.md`).matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target ?? '');
    expect(targets.filter((target) => !/^(https:|#)/.test(target))).toEqual([]);
  });

  test('comes with a README that says how to install it', () => {
    const readme = readText(`${path}/README.md`);
    expect(readme).toMatch(new RegExp(`^# ${name}\n`));
    expect(readme).toContain(`npm install ${name}`);
    expect(readme).toContain('Part of Tercet');
    expect(readme).toContain(`The types need TypeScript ${oldestCompiler} or later`);
  });

  test('comes with a changelog', () => {
    expect(readText(`${path}/CHANGELOG.md`)).toMatch(new RegExp(`^# ${name}\n`));
  });

  test('comes with the licence of the repository', () => {
    expect(readText(`${path}/LICENSE`)).toBe(readText('LICENSE'));
  });
});

test('the lock file names no registry', () => {
  const resolved = [...readText('package-lock.json').matchAll(/"resolved": "(.*)"/g)].map(([, target]) => target);
  expect(resolved.filter((target) => !/^(packages|apps)\//.test(target ?? ''))).toEqual([]);
});
