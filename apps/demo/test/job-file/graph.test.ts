import { expect, it } from '@jest/globals';
import { checkGraph, withNeeds, type Needs } from '../../src/job-file/graph.ts';

function graph(needs: Readonly<Record<string, readonly string[]>>): Needs {
  return new Map(Object.entries(needs));
}

it('a diamond is not a cycle', () => {
  expect(checkGraph(graph({ top: ['left', 'right'], left: ['base'], right: ['base'], base: [] }))).toEqual([]);
});

it('each of two separate cycles is reported once', () => {
  const problems = checkGraph(graph({ a: ['b'], b: ['a'], c: ['a', 'd'], d: ['d'] }));
  expect(problems).toEqual([
    { kind: 'cycle', job: 'b', index: 0, cycle: ['a', 'b', 'a'] },
    { kind: 'cycle', job: 'd', index: 0, cycle: ['d', 'd'] },
  ]);
});

it('a cycle is shown without the jobs that only lead to it', () => {
  const [problem] = checkGraph(graph({ before: ['a'], a: ['b'], b: ['a'] }));
  expect(problem).toMatchObject({ cycle: ['a', 'b', 'a'] });
});

it('a chain of fifty thousand jobs is deep, but no problem', () => {
  const chain = new Map(Array.from({ length: 50_000 }, (_, n) => [String(n), n === 49_999 ? [] : [String(n + 1)]]));
  expect(checkGraph(chain)).toEqual([]);
  expect(withNeeds(chain, ['0']).size).toBe(50_000);
});

it('the wanted jobs come with everything they need, and nothing else', () => {
  const needs = graph({ a: ['b'], b: ['c'], c: [], d: ['c'] });
  expect([...withNeeds(needs, ['a'])].sort()).toEqual(['a', 'b', 'c']);
});
