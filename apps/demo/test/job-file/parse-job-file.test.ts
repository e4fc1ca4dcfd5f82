import { describe, expect, it } from '@jest/globals';
import { InputError } from '../../src/input/input-error.ts';
import type { JobFile } from '../../src/job-file/job-file.ts';
import { parseJobFile } from '../../src/job-file/parse-job-file.ts';

/** The headings of the problems, without the path they all start with. */
function problemsOf(text: string, path = 'jobs.yaml'): string[] {
  try {
    parseJobFile(text, path);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(({ place, text }) => `${place.line}:${place.column}: ${text}`);
  }
  return [];
}

function firstJob(file: JobFile): unknown {
  return [...file.jobs.values()][0];
}

describe('a good job file', () => {
  it('gets its defaults', () => {
    const file = parseJobFile('jobs:\n  build:\n    run: make all\n', '/repo/ci/jobs.yaml');
    expect(file).toMatchObject({ path: '/repo/ci/jobs.yaml', concurrency: 4, timeout: Infinity });
    expect(firstJob(file)).toEqual({
      name: 'build',
      command: ['sh', '-e', '-c', 'make all'],
      needs: [],
      timeout: Infinity,
      grace: 5_000,
      retry: { times: 0, delay: 0, factor: 2, maxDelay: 60_000 },
      env: {},
      cwd: '/repo/ci',
    });
  });

  it('may call a function of a module, which is looked for in the folder of the job', () => {
    const file = parseJobFile(
      'jobs:\n  a: { run: { module: a.mjs } }\n  b: { run: { module: ../b.mjs, function: build, args: [x, 2, true] }, cwd: c }\n',
      '/repo/ci/jobs.yaml',
    );
    expect([...file.jobs.values()].map(({ command }) => command)).toEqual([
      { module: '/repo/ci/a.mjs', function: 'default', args: [] },
      { module: '/repo/ci/b.mjs', function: 'build', args: ['x', 2, true] },
    ]);
  });

  it('means the same in JSON', () => {
    const yaml =
      'concurrency: 2\ntimeout: 1m\njobs:\n  a: { run: [cc, -c, x.c], timeout: 1.5s }\n  b: { run: cc x.o, needs: [a], retry: 2 }\n';
    const json = JSON.stringify({
      concurrency: 2,
      timeout: '1m',
      jobs: {
        a: { run: ['cc', '-c', 'x.c'], timeout: 1500 },
        b: { run: 'cc x.o', needs: ['a'], retry: { times: 2 } },
      },
    });
    expect(parseJobFile(json, '/r/jobs.json').jobs).toEqual(parseJobFile(yaml, '/r/jobs.yaml').jobs);
  });

  it('keeps the order of the jobs', () => {
    const { jobs } = parseJobFile('jobs: { c: {run: x, needs: [a]}, a: {run: x}, b: {run: x} }', 'f.yaml');
    expect([...jobs.keys()]).toEqual(['c', 'a', 'b']);
  });

  it.each([
    ['250', 250],
    ['1.5s', 1500],
    ['20 ms', 20],
    ['2m', 120_000],
    ['1h', 3_600_000],
  ])('reads the duration %s', (text, milliseconds) => {
    const file = parseJobFile(`jobs: { a: { run: x, timeout: ${text} } }`, 'f.yaml');
    expect(firstJob(file)).toMatchObject({ timeout: milliseconds });
  });

  it('resolves the folder of a job against that of the file, and of all jobs', () => {
    const file = parseJobFile('cwd: ..\njobs: { a: { run: x, cwd: src } }', '/repo/ci/jobs.yaml');
    expect(firstJob(file)).toMatchObject({ cwd: '/repo/src' });
  });

  it('lets the environment of a job win, and makes text of numbers and booleans', () => {
    const file = parseJobFile('env: { A: 1, B: x }\njobs: { a: { run: x, env: { B: true } } }', 'f.yaml');
    expect(firstJob(file)).toMatchObject({ env: { A: '1', B: 'true' } });
  });

  it('may share parts through anchors and merge keys', () => {
    const text = 'jobs:\n  a: &base { run: x, retry: 3 }\n  b: { <<: *base, needs: [a] }\n';
    expect(parseJobFile(text, 'f.yaml').jobs.get('b')).toMatchObject({ needs: ['a'], retry: { times: 3 } });
  });

  it('R-15: keeps the order of the jobs, also of those with numbers for names', () => {
    const { jobs } = parseJobFile('jobs: { b: {run: x}, 10: {run: x}, 2: {run: x} }', 'f.yaml');
    expect([...jobs.keys()]).toEqual(['b', '10', '2']);
  });

  it.each(['f.yaml', 'f.json'])(
    'R-6: may call its jobs and variables as JavaScript calls something else (%s)',
    (path) => {
      const names = ['constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];
      const variables = [...names, '__proto__'];
      const env = `{ ${variables.map((name) => `"${name}": "of ${name}"`).join(', ')} }`;
      const jobs = names.map((name) => `"${name}": { "run": "x", "env": ${env}, "needs": [] }`);
      const file = parseJobFile(
        `{ "jobs": { ${jobs.join(', ')}, "last": { "run": "x", "needs": ["constructor"] } } }`,
        path,
      );
      expect([...file.jobs.keys()]).toEqual([...names, 'last']);
      expect(Object.entries(file.jobs.get('constructor')?.env ?? {})).toEqual(
        variables.map((name) => [name, `of ${name}`]),
      );
      expect(file.jobs.get('last')?.needs).toEqual(['constructor']);
    },
  );

  it('may start with a byte order mark', () => {
    expect(problemsOf('\uFEFF{"jobs":{"a":{"run":"x"}}}', 'f.json')).toEqual([]);
  });
});

describe('syntax errors', () => {
  it.each([
    ['a comma is missing', '{"jobs": {"a": {"run": "x"}\n  "b": {"run": "y"}}}', '2:3: syntax error: comma expected'],
    ['the file ends early', '{"jobs": {"a": {"run": "x"}}', '1:29: syntax error: close brace expected'],
    ['there is a comma too many', '{"jobs": {},\n}', '2:1: syntax error: property name expected'],
    ['the file is empty', '', '1:1: syntax error: value expected'],
    ['it has comments', '// mine\n{}', '1:1: syntax error: invalid comment token'],
    ['it is YAML', 'jobs: {}', '1:1: syntax error: invalid symbol'],
  ])('in JSON, when %s', (_, text, problem) => {
    expect(problemsOf(text, 'jobs.json')).toEqual([problem]);
  });

  it.each([
    ['a tab indents', 'jobs:\n\ta: 1', ['2:1: syntax error: Tabs are not allowed as indentation']],
    ['a quote is open', "jobs: 'abc\n", ["2:1: syntax error: Missing closing 'quote"]],
    ['a tag is unknown', 'jobs: !!job 1', ['1:7: syntax error: Unresolved tag: tag:yaml.org,2002:job']],
    ['a second document follows', 'jobs: {}\n---\njobs: {}\n', [expect.stringMatching(/^2:1: .*multiple documents/)]],
    ['an alias has no anchor', 'jobs:\n  a: *base\n', [expect.stringMatching(/^2:6: Unresolved alias.*: base$/)]],
  ])('in YAML, when %s', (_, text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('report a job that is given twice, with both lines', () => {
    expect(problemsOf('jobs:\n  a: { run: x }\n  b: { run: x }\n  a: { run: y }\n')).toEqual([
      '4:3: "a" is given twice, first in line 2',
    ]);
    expect(problemsOf('{"jobs": {"a": {"run": "x"},\n"a": {"run": "y"}}}', 'f.json')).toEqual([
      '2:1: "a" is given twice, first in line 1',
    ]);
  });

  it('refuse aliases that unfold into millions of values', () => {
    const levels = Array.from({ length: 9 }, (_, n) => `l${n}: &l${n} [${`*l${n - 1},`.repeat(n === 0 ? 0 : 9)}1]`);
    expect(problemsOf(`${levels.join('\n')}\njobs: *l8\n`)).toEqual([expect.stringMatching(/resource exhaustion/)]);
  });
});

describe('the schema', () => {
  it.each([
    [
      'jobs: { a: { run: x, tmeout: 3 } }',
      '1:22: unknown key "tmeout" in jobs.a; known are run, needs, timeout, grace, retry, env, cwd',
    ],
    [
      'jobs: { a: { run: x } }\njob: {}',
      '2:1: unknown key "job" in the file; known are concurrency, timeout, cwd, env, jobs',
    ],
    ['jobs:\n  a: {}', '2:6: jobs.a lacks the key "run"'],
    ['concurrency: 2', '1:1: the file lacks the key "jobs"'],
    ['', '1:1: a job file must be a mapping with at least the key "jobs", not nothing'],
    ['- a', '1:1: a job file must be a mapping with at least the key "jobs", not a list'],
    ['jobs: {}', '1:7: jobs must be a mapping with at least one job, not an empty mapping'],
    ['jobs:\n  - run: x', '2:3: jobs must be a mapping from names to jobs, not a list'],
    ['jobs:\n  a:\n', '2:5: jobs.a must be a mapping with at least the key "run", not nothing'],
    [
      'jobs: { a: { run: 7 } }',
      '1:19: jobs.a.run must be a line for the shell, a list of a program and its arguments, or a function of a module, not 7',
    ],
    ['jobs: { a: { run: "" } }', '1:19: jobs.a.run must be a line that is not empty, not ""'],
    ['jobs: { a: { run: [] } }', '1:19: jobs.a.run must be a list that starts with a program, not an empty list'],
    ['jobs: { a: { run: [x, 2] } }', '1:23: jobs.a.run.1 must be text, not 2'],
    ['jobs: { a: { run: x, needs: b } }', '1:29: jobs.a.needs must be a list of names of jobs, not "b"'],
    [
      'jobs: { a: { run: x, timeout: soon } }',
      '1:31: jobs.a.timeout must be a duration such as 500 (milliseconds), "30s" or "5m", not "soon"',
    ],
    [
      'jobs: { a: { run: x, timeout: -1 } }',
      '1:31: jobs.a.timeout must be a duration such as 500 (milliseconds), "30s" or "5m", not -1',
    ],
    ['jobs: { a: { run: x, timeout: 0 } }', '1:31: jobs.a.timeout must be a duration of more than nothing, not 0'],
    ['jobs: { a: { run: x, retry: -2 } }', '1:29: jobs.a.retry must be a whole number from 0 on, not -2'],
    [
      'jobs: { a: { run: x, retry: { time: 1, times: 1 } } }',
      '1:31: unknown key "time" in jobs.a.retry; known are times, delay, factor, maxDelay',
    ],
    [
      'jobs: { a: { run: x, retry: { times: 1, factor: 0.5 } } }',
      '1:49: jobs.a.retry.factor must be a number from 1 on, not 0.5',
    ],
    ['concurrency: 1.5\njobs: { a: { run: x } }', '1:14: concurrency must be a whole number from 1 on, not 1.5'],
    [
      'jobs: { ../a: { run: x } }',
      '1:9: a key of jobs must be a name of letters, digits, ".", "_" and "-" (at most 64), not "../a"',
    ],
    [
      'jobs: { a: { run: x, env: { A: [1] } } }',
      '1:32: jobs.a.env.A must be text, a number, true or false, not a list',
    ],
    [
      'jobs: { a: { run: x, env: { A=B: 1 } } }',
      '1:29: a key of jobs.a.env must be the name of a variable, without "=", not "A=B"',
    ],
    [
      'jobs: { __proto__: { run: x } }',
      '1:9: a key of jobs must be a name of letters, digits, ".", "_" and "-" (at most 64), not "__proto__"',
    ],
    [
      'jobs: { a: { run: x, constructor: 1 } }',
      '1:22: unknown key "constructor" in jobs.a; known are run, needs, timeout, grace, retry, env, cwd',
    ],
    [
      'jobs: { a: { run: x, __proto__: { needs: [] } } }',
      '1:22: unknown key "__proto__" in jobs.a; known are run, needs, timeout, grace, retry, env, cwd',
    ],
  ])('refuses %j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it.each([
    ['jobs: { a: { run: "a\\0b" } }', '1:19: jobs.a.run must be a line without NUL characters, not "a\\u0000b"'],
    ['jobs: { a: { run: [x, "a\\0b"] } }', '1:23: jobs.a.run.1 must be text without NUL characters, not "a\\u0000b"'],
    ['jobs: { a: { run: ["\\0"] } }', '1:20: jobs.a.run.0 must be text without NUL characters, not "\\u0000"'],
    ['jobs: { a: { run: x, cwd: "\\0" } }', '1:27: jobs.a.cwd must be text without NUL characters, not "\\u0000"'],
    ['cwd: "\\0"\njobs: { a: { run: x } }', '1:6: cwd must be text without NUL characters, not "\\u0000"'],
    [
      'jobs: { a: { run: x, env: { A: "\\0" } } }',
      '1:32: jobs.a.env.A must be text without NUL characters, not "\\u0000"',
    ],
    [
      'jobs: { a: { run: x, env: { "A\\0": b } } }',
      '1:29: a key of jobs.a.env must be the name of a variable, without "=", not "A\\u0000"',
    ],
  ])('R-9: refuses NUL characters at their place: %j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('R-13: shows control characters, and lets none of them through', () => {
    const name = '\\e]0;EVIL\\a\\u009b1m\\u202e';
    expect(problemsOf(`jobs: { a: { run: x, "${name}": 1 } }`)).toEqual([
      '1:22: unknown key "\\u001b]0;EVIL\\u0007\\u009b1m\\u202e" in jobs.a; known are run, needs, timeout, grace, retry, env, cwd',
    ]);
    expect(() => parseJobFile('jobs: # \u001b[2J\n', '\u001b.yaml')).toThrow(
      /^\\u001b\.yaml:1:7: .*\n  1 \| jobs: # \\u001b\[2J\n.*\^$/,
    );
  });

  it('reports all problems at once, in the order of the file', () => {
    const text = 'concurrency: 0\njobs:\n  a: { run: x, cwd: 1 }\n  b: { needs: [a] }\n';
    expect(problemsOf(text).map((problem) => problem.slice(0, 4))).toEqual(['1:14', '3:21', '4:6:']);
  });

  it('points into an anchor that several jobs share', () => {
    expect(problemsOf('jobs:\n  a: &base { run: x, retry: no }\n  b: *base\n').slice(0, 1)).toEqual([
      '2:29: jobs.a.retry must be a whole number from 0 on, not "no"',
    ]);
  });
});

describe('the graph', () => {
  it('refuses a need that is not a job, and names the jobs', () => {
    expect(problemsOf('jobs:\n  lint: { run: x }\n  test:\n    run: x\n    needs: [lint, biuld]\n')).toEqual([
      '5:19: job "test" needs "biuld", but the jobs of this file are lint, test',
    ]);
  });

  it('refuses a cycle where it closes', () => {
    const text = 'jobs:\n  a: { run: x, needs: [b] }\n  b: { run: x, needs: [c] }\n  c: { run: x, needs: [a] }\n';
    expect(problemsOf(text)).toEqual(['4:24: these jobs wait for each other for ever: a -> b -> c -> a']);
  });

  it('refuses a job that needs itself', () => {
    expect(problemsOf('jobs: { a: { run: x, needs: [a] } }')).toEqual([
      '1:30: these jobs wait for each other for ever: a -> a',
    ]);
  });
});

it('the text of an error shows the file, the line and the spot', () => {
  const text = 'jobs:\n\n  build:\n    run: make\n    timeout: soon\n';
  expect(() => parseJobFile(text, 'ci/jobs.yaml')).toThrow(
    [
      'ci/jobs.yaml:5:14: jobs.build.timeout must be a duration such as 500 (milliseconds), "30s" or "5m", not "soon"',
      '  5 |     timeout: soon',
      '    |              ^',
    ].join('\n'),
  );
});
