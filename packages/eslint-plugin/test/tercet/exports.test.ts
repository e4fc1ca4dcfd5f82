import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  methodResults,
  methodTakers,
  operationMethods,
  operations,
  results,
  takers,
} from '../../src/tercet/exports.ts';

// The tables of the rules beside the public interfaces as the API reports write them down.
const packages = new URL('../../../', import.meta.url);
const reports = new Map(
  readdirSync(packages)
    .filter((folder) => existsSync(new URL(`${folder}/api/`, packages)))
    .map((folder) => {
      const api = new URL(`${folder}/api/`, packages);
      const texts = readdirSync(api).map((file) => readFileSync(new URL(file, api), 'utf8'));
      return [`@tercet/${folder}`, texts.join('\n')];
    }),
);
const all = [...reports.values()].join('\n');
/** Those of DESIGN that have not landed yet: the rules know their names already. */
const coming = new Set(['openEngine', 'serveJobs']);

describe('each function in the tables', () => {
  const named = [
    ...Object.entries(operations),
    ...Object.entries(takers).map(([from, table]) => [from, Object.keys(table)]),
  ];
  it.each(named.filter(([from]) => reports.has(from as string)) as [string, Iterable<string>][])(
    'of %s is exported there',
    (from, names) => {
      const missing = [...names].filter((name) => !exportsName(reports.get(from)!, name) && !coming.has(name));
      expect(missing).toEqual([]);
    },
  );

  it('that gives an object is exported', () => {
    expect(Object.keys(results).filter((name) => !exportsName(all, name))).toEqual([]);
  });

  it('that returns a promise is in them', () => {
    const asynchronous = [...reports].flatMap(([from, text]) =>
      [...text.matchAll(/^export function (\w+)[^\n]*\): (?:Promise<[^\n]*>);$/gm)].map(
        ([, name]) => `${from} ${name}`,
      ),
    );
    const known = new Set(
      Object.entries(operations).flatMap(([from, names]) => [...names].map((name) => `${from} ${name}`)),
    );
    expect(asynchronous.length).toBeGreaterThan(30);
    expect([...new Set(asynchronous)].filter((name) => !known.has(name) && !elsewhere.has(name))).toEqual([]);
  });
});

/** Whole programs, and what low-level code returns from an operation of its own. */
const elsewhere = new Set([
  '@tercet/testing explore',
  '@tercet/core ready',
  '@tercet/core rejected',
  '@tercet/core run',
  '@tercet/core waitForOne',
  '@tercet/proc main',
  '@tercet/testing memoryStreamPump',
]);

/** The text of a class, or interface, and of those that it extends. */
function bodyOf(owner: string): string {
  const declarations = all.matchAll(
    new RegExp(`^(?:export )?(?:abstract )?(?:class|interface) ${owner}(?:_\\d)?\\b([^\\n]*) \\{\\n([^]*?)^\\}`, 'gm'),
  );
  return [...declarations]
    .map(([, head, body]) => {
      const parents = [...head!.replace(/^<[^]*?>(?= |$)/, '').matchAll(/(?:extends|,) (\w+)/g)].map(
        ([, name]) => name!,
      );
      return [body, ...parents.filter((name) => name !== owner).map(bodyOf)].join('');
    })
    .join('');
}

describe('each method in the tables', () => {
  const tables = [operationMethods, methodTakers, methodResults];
  const named = tables.flatMap((table) =>
    Object.entries(table).map(([owner, methods]): [string, string[]] => [
      owner,
      methods instanceof Set ? [...(methods as Set<string>)] : Object.keys(methods),
    ]),
  );
  it.each(named)('is one of %s: %j', (owner, methods) => {
    const text = bodyOf(owner);
    expect(methods.filter((name) => !new RegExp(`^    (?:readonly )?${name}(?:<[^]*?>)?[(:]`, 'm').test(text))).toEqual(
      [],
    );
  });
});

describe('each class', () => {
  // Of the main entry points: code that uses the others has come to know what it calls.
  const mains = [...reports.keys()].flatMap((name) => {
    const file = new URL(name.replace(/^@tercet\/(.*)$/, '$1/api/$1.api.md'), packages);
    return existsSync(file) ? [readFileSync(file, 'utf8')] : [];
  });
  const owners = mains.flatMap((text) =>
    [...text.matchAll(/^export (?:abstract )?(?:class|interface) (\w+?)(?:_\d)?\b/gm)].map(([, name]) => name!),
  );
  const asynchronous = (owner: string): string[] =>
    [...bodyOf(owner).matchAll(/^    (?:abstract |readonly )*(\w+)\??[<(:][^\n]*(?:\)|=>):? Promise<[^\n]*>;$/gm)].map(
      ([, name]) => name!,
    );

  it('has each of its methods that returns a promise in them', () => {
    const found = owners.filter((owner) => !notOurs.has(owner) && asynchronous(owner).length > 0);
    expect(found.length).toBeGreaterThan(40);
    const missing = found.flatMap((owner) =>
      asynchronous(owner)
        .filter((name) => operationMethods[owner]?.has(name) !== true)
        .map((name) => `${owner}.${name}`),
    );
    expect([...new Set(missing)]).toEqual([]);
  });
});

/** Their methods are called by other code than that of users, or are for code outside of runs. */
const notOurs = new Set(['FileHandleLike', 'Portal', 'StreamClause']);

function exportsName(text: string, name: string): boolean {
  return new RegExp(`^export (?:function|class|const|let) ${name}\\b|^export \\{ [^}]*\\b${name}\\b`, 'm').test(text);
}
