import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { floors } from './layers.ts';
import { findCircle, valueImportsOf } from './value-imports.ts';
import { root, workspaces } from './workspaces.ts';

// Packages enter this table one by one, when their rooms are in order.
describe.each(workspaces.filter(({ folder }) => folder in floors))('$name', ({ path, folder }) => {
  const tower = floors[folder] ?? [];
  const imports = valueImportsOf(`${path}/src`);

  test('gives each of its folders a floor', () => {
    const folders = readdirSync(`${root}${path}/src`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect([...tower].sort()).toEqual(folders.map(({ name }) => name).sort());
  });

  test('has value imports between folders that only go down', () => {
    const upward = imports.filter(({ from, to }) => floorOf(from) < floorOf(to));
    expect(upward.map(({ from, to }) => `${from} imports ${to}, which is on a higher floor`)).toEqual([]);
  });

  test('has no circle of files that need each other to load', () => {
    expect(findCircle(imports)?.join(' imports ')).toBeUndefined();
  });

  /** Files in no folder, as the entry points are, are the roof. */
  function floorOf(file: string): number {
    const [first, ...rest] = file.slice(`${path}/src/`.length).split('/');
    return rest.length === 0 ? tower.length : tower.indexOf(first ?? '');
  }
});
