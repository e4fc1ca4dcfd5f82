import { isBuiltin } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { entryPoints, layers, platformOfCore, withoutRuntimeDependencies } from './layers.ts';
import { apps, importsOf, packageOf, packages, type Import, type Manifest } from './workspaces.ts';

const scope = '@tercet/';
const entries = Object.entries(entryPoints).flatMap(([folder, paths]) =>
  paths.map((path) => `${scope}${folder}${path.slice(1)}`),
);

describe('the table of layers', () => {
  test('gives every package its place', () => {
    expect(sorted(Object.keys(layers))).toEqual(sorted(packages.map(({ folder }) => folder)));
  });

  test('points down only, at packages that stand earlier in it', () => {
    const order = Object.keys(layers);
    const upward = Object.entries(layers).flatMap(([from, allowed]) =>
      allowed.filter((to) => order.indexOf(to) >= order.indexOf(from)).map((to) => `${from} -> ${to}`),
    );
    expect(upward).toEqual([]);
  });
});

describe.each(packages)('$name', ({ path, folder }) => {
  test('imports only packages of the layers below it', () => {
    const below = (layers[folder] ?? []).map((name) => scope + name);
    const wrong = importsOf(`${path}/src`).filter(
      ({ specifier }) => specifier.startsWith(scope) && !below.includes(packageOf(specifier)),
    );
    expect(shown(wrong)).toEqual([]);
  });
});

describe.each([...packages, ...apps])('$name', ({ path, manifest }) => {
  const sources = importsOf(`${path}/src`);

  test('enters other packages by their public doors only', () => {
    const wrong = [...sources, ...importsOf(`${path}/test`)].filter(({ specifier, target }) =>
      target === undefined
        ? specifier.startsWith('/') || (specifier.startsWith(scope) && !entries.includes(specifier))
        : !target.startsWith(`${path}/`),
    );
    expect(shown(wrong)).toEqual([]);
  });

  test('declares as dependencies what its sources import, and no more', () => {
    const imported = sources
      .filter(({ specifier, target }) => target === undefined && !isBuiltin(specifier))
      .map(({ specifier }) => packageOf(specifier));
    // A package that is still an empty shell declares its layer and imports nothing.
    const declared = sources.length === 0 ? [] : runtimeDependencies(manifest);
    expect(sorted(new Set(imported))).toEqual(sorted(declared));
  });
});

test('core uses nothing but two modules of Node', () => {
  const wrong = importsOf('packages/core/src').filter(
    ({ specifier, target }) => target === undefined && !platformOfCore.includes(specifier),
  );
  expect(shown(wrong)).toEqual([]);
});

test.each(withoutRuntimeDependencies)('%s has no dependency outside of Tercet', (folder) => {
  const manifest = packages.find((workspace) => workspace.folder === folder)?.manifest;
  expect(manifest).toBeDefined();
  const optional = Object.keys(manifest?.peerDependenciesMeta ?? {});
  const outside = runtimeDependencies(manifest ?? {}).filter((name) => !name.startsWith(scope));
  expect(outside.filter((name) => !optional.includes(name))).toEqual([]);
});

function runtimeDependencies(manifest: Partial<Manifest>): string[] {
  const { dependencies, optionalDependencies, peerDependencies } = manifest;
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
}

function shown(imports: readonly Import[]): string[] {
  return imports.map(({ file, specifier }) => `${file} imports ${specifier}`);
}

function sorted(names: Iterable<string>): string[] {
  return [...names].sort();
}
