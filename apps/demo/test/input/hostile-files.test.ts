import { describe, expect, it } from '@jest/globals';
import { InputError } from '../../src/input/input-error.ts';
import { parseJobFile } from '../../src/job-file/parse-job-file.ts';
import { workOf } from './work.ts';

function errorOf(text: string, path = 'jobs.yaml'): InputError | undefined {
  try {
    parseJobFile(text, path);
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

const numbered = (count: number, text: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => text(n)).join('');

/** Files of a size, good and bad. */
const files: readonly { readonly name: string; readonly make: (n: number) => string; readonly path: string }[] = (
  [
    ['jobs', (n) => `jobs:\n${numbered(n, (i) => `  a${i}: { run: x }\n`)}`],
    ['variables', (n) => `jobs: { a: { run: x, env: { ${numbered(n, (i) => `K${i}: v, `)} } } }`],
    [
      'variables of the file and jobs with their own',
      (n) =>
        `env: { ${numbered(n, (i) => `K${i}: v, `)} }\njobs:\n${numbered(n, (i) => `  a${i}: { run: x, env: { A: b } }\n`)}`,
    ],
    ['jobs that are none', (n) => `jobs:\n${numbered(n, (i) => `  a${i}: 1\n`)}`],
    ['times the same job', (n) => `jobs:\n${'  a: { run: x }\n'.repeat(n)}`],
    ['unknown needs', (n) => `jobs: { a: { run: x, needs: [${'b, '.repeat(n)}] } }`],
    ['jobs that all need an unknown one', (n) => `jobs:\n${numbered(n, (i) => `  a${i}: { run: x, needs: [b] }\n`)}`],
    ['jobs in a cycle', (n) => `jobs:\n${numbered(n, (i) => `  a${i}: { run: x, needs: [a${(i + 1) % n}] }\n`)}`],
    ['open brackets', (n) => '['.repeat(n)],
    ['closing brackets', (n) => ']'.repeat(n)],
    ['anchors, each with an alias', (n) => `a: [${numbered(n, (i) => `&a${i} x, *a${i}, `)}]\njobs: { a: { run: x } }`],
    ['aliases of one anchor', (n) => `a: &a x\nb: [${'*a, '.repeat(n)}]\njobs: { a: { run: x } }`],
    ['merges of one mapping', (n) => `a: &a { run: x }\njobs:\n${numbered(n, (i) => `  a${i}: { <<: *a }\n`)}`],
    ['keys in a row', (n) => 'a: '.repeat(n)],
    ['comments', (n) => '# a\n'.repeat(n)],
    ['quotes', (n) => '"'.repeat(n)],
    [
      'jobs in JSON',
      (n) => `{"jobs":{${numbered(n, (i) => `${i === 0 ? '' : ','}"a${i}":{"run":"x"}`)}}}`,
      'jobs.json',
    ],
    ['levels of JSON', (n) => '['.repeat(n), 'jobs.json'],
    ['commas in JSON', (n) => `{"jobs":{${','.repeat(n)}`, 'jobs.json'],
  ] as [name: string, make: (n: number) => string, path?: string][]
).map(([name, make, path = 'jobs.yaml']) => ({ name, make, path }));

describe('R-5: the work grows no faster than the file, with', () => {
  it.each(files)('$name', async ({ make, path }) => {
    const small = make(100);
    const large = make(800);
    // This is made once and does not belong to the work.
    errorOf(make(50), path);
    const [before, after] = [await workOf(() => errorOf(small, path)), await workOf(() => errorOf(large, path))];
    // Eight times would be linear; with the square of the length it would soon be 64 times.
    expect(after).toBeLessThan(before * 12);
  });
});

describe('R-5: an answer is short, with', () => {
  it.each(files)('$name', ({ make, path }) => {
    const error = errorOf(make(5_000), path);
    expect(error?.problems.length ?? 0).toBeLessThanOrEqual(20);
    expect(error?.message.length ?? 0).toBeLessThan(20 * 2_000);
  });

  it('names and values that are long', () => {
    const long = 'x'.repeat(100_000);
    const texts = [
      `${long}: 1`,
      `jobs: { "${long} ": 1 }`,
      `jobs: { a: { run: x, needs: [${long}] } }`,
      `concurrency: ${long}\njobs: {}`,
    ];
    for (const text of texts) expect(errorOf(text, `/${long}.yaml`)?.message.length).toBeLessThan(5_000);
  });
});

it('R-5: only the first problems are reported, and how many more there are', () => {
  const error = errorOf(`jobs:\n${numbered(50, (n) => `  a${n}: 1\n`)}`);
  expect(error?.problems).toHaveLength(20);
  expect(error?.message).toMatch(/^jobs\.yaml: and 30 more problems$/m);
});

it.each([
  ['YAML', 'jobs.yaml'],
  ['JSON', 'jobs.json'],
])('R-5: %s may be nested a hundred levels deep, and no deeper', (_, path) => {
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  expect(errorOf(nested(100), path)?.message).toMatch(/must be a mapping/);
  expect(errorOf(nested(101), path)?.message).toBe(`${path}:1:101: nested deeper than 100 levels`);
});

it('R-5: a file of too many pieces is refused', () => {
  expect(errorOf('#\n'.repeat(400_001))?.message).toMatch(/a file of more than 400000 pieces is not read$/m);
});

it('R-5: more than ten thousand jobs are refused', () => {
  expect(errorOf(`jobs:\n${numbered(10_001, (n) => `  a${n}: { run: x }\n`)}`)?.message).toMatch(
    /jobs must be a mapping from names to jobs, at most 10000 of them, not a mapping/,
  );
});

it('R-5: an alias inside of its own anchor is refused', () => {
  expect(errorOf('jobs: &a { b: *a }')?.message).toMatch(/the alias a stands in what it stands for/);
});
