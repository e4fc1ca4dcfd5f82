import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkExamples, exportedNames } from './doc-examples.ts';
import { root } from './workspaces.ts';

const names = exportedNames();

/** Names that have no `@example` yet. The list may only become shorter: a new name comes with one. */
const list = new Set(readFileSync(join(root, 'test/names-without-example.txt'), 'utf8').trim().split('\n'));

const without = names
  .filter(({ examples }) => examples.length === 0)
  .map(({ entry, name, isType }) => `${isType ? 'type' : 'value'} ${entry} ${name}`);

describe('the examples in the documentation of exported names', () => {
  it('are there for every name but those that are listed', () => {
    expect(without.filter((name) => !list.has(name))).toEqual([]);
  });

  it('are not listed as missing once they are there', () => {
    const missing = new Set(without);
    expect([...list].filter((name) => !missing.has(name))).toEqual([]);
  });

  it('fit the interface of the packages', async () => {
    expect(await checkExamples(names)).toEqual([]);
  }, 120_000);
});
