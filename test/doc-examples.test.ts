import { describe, expect, it } from '@jest/globals';
import { compileExamples, runExamples } from './doc-examples/example-programs.ts';
import { exportedNames } from './doc-examples/exported-names.ts';

const names = exportedNames();

describe('the examples in the documentation of exported names', () => {
  it('are there for every name', () => {
    expect(names.length).toBeGreaterThan(100);
    const without = names.filter(({ examples }) => examples.length === 0);
    expect(without.map(({ entry, name }) => `${entry} ${name}`)).toEqual([]);
  });

  it('fit the interface of the packages, and run', async () => {
    const { programs, errors } = await compileExamples(names);
    expect(errors).toEqual([]);
    expect(await runExamples(programs)).toEqual([]);
  }, 600_000);
});
