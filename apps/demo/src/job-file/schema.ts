import * as v from 'valibot';
import type { FunctionArgument } from './job-file.ts';
import { duration } from '../input/duration.ts';
import { isMapping, mapping, names, text, wholeNumber, withoutNul, word } from '../input/schemas.ts';

// The schema of a job file, before defaults. The texts complete the sentence "jobs.build.timeout must be …".

export interface FileInput {
  readonly concurrency?: number | undefined;
  readonly timeout?: number | undefined;
  readonly cwd?: string | undefined;
  readonly env?: ReadonlyMap<string, string> | undefined;
  /** In the order of the file. */
  readonly jobs: ReadonlyMap<string, JobInput>;
}

export interface JobInput {
  readonly run: string | [string, ...string[]] | FunctionInput;
  readonly needs?: string[] | undefined;
  readonly timeout?: number | undefined;
  readonly grace?: number | undefined;
  readonly retry?: RetryInput | undefined;
  readonly env?: ReadonlyMap<string, string> | undefined;
  readonly cwd?: string | undefined;
}

export interface FunctionInput {
  readonly module: string;
  readonly function?: string | undefined;
  readonly args?: FunctionArgument[] | undefined;
}

export interface RetryInput {
  readonly times: number;
  readonly delay?: number | undefined;
  readonly factor?: number | undefined;
  readonly maxDelay?: number | undefined;
}

const env = names(
  v.pipe(v.string(), v.regex(/^[^=\0]+$/, 'the name of a variable, without "="')),
  v.pipe(
    v.union([v.string(), v.number(), v.boolean()], 'text, a number, true or false'),
    v.transform(String),
    v.check(withoutNul, 'text without NUL characters'),
  ),
  'a mapping from names to values',
);

const lines = v.pipe(
  v.string('a line for the shell, a list of a program and its arguments, or a function of a module'),
  v.nonEmpty('a line that is not empty'),
  v.check(withoutNul, 'a line without NUL characters'),
);

const program = v.pipe(
  v.array(v.unknown()),
  v.nonEmpty('a list that starts with a program'),
  v.tupleWithRest([word], text),
);

const functionCall = mapping(
  v.strictObject({
    module: word,
    function: v.optional(word),
    args: v.optional(v.array(v.union([text, v.number(), v.boolean()], 'text, a number, true or false'), 'a list')),
  }),
  'a mapping with at least the key "module"',
);

// The type of the value shows which alternative is meant. A union would only say that none of them fits.
const command = v.lazy((input): v.GenericSchema<unknown, JobInput['run']> => {
  if (isMapping(input)) return functionCall;
  return Array.isArray(input) ? program : lines;
});

const retry = v.lazy((input) =>
  isMapping(input)
    ? mapping(
        v.strictObject({
          times: wholeNumber(0),
          delay: v.optional(duration()),
          factor: v.optional(v.pipe(v.number('a number from 1 on'), v.minValue(1, 'a number from 1 on'))),
          maxDelay: v.optional(duration()),
        }),
        'a mapping',
      )
    : v.pipe(
        wholeNumber(0),
        v.transform((times) => ({ times })),
      ),
);

const job = mapping(
  v.strictObject({
    run: command,
    needs: v.optional(v.array(v.string('the name of a job'), 'a list of names of jobs')),
    timeout: v.optional(duration({ positive: true })),
    grace: v.optional(duration()),
    retry: v.optional(retry),
    env: v.optional(env),
    cwd: v.optional(word),
  }),
  'a mapping with at least the key "run"',
);

// A name is also the name of a log file.
const jobName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'a name of letters, digits, ".", "_" and "-" (at most 64)'),
);

// Each job gets a task at once, and a line in the answer to `list`.
const mostJobs = 10_000;

const jobs = v.pipe(
  names(jobName, job, 'a mapping from names to jobs', mostJobs),
  v.check((found) => found.size > 0, 'a mapping with at least one job'),
);

export const fileSchema: v.GenericSchema<unknown, FileInput> = mapping(
  v.strictObject({
    concurrency: v.optional(wholeNumber(1)),
    timeout: v.optional(duration({ positive: true })),
    cwd: v.optional(word),
    env: v.optional(env),
    jobs,
  }),
  'a mapping with at least the key "jobs"',
);

/** For the texts of errors: the keys of the file, of a job (`jobs.build.x`), and of its parts (`jobs.build.retry.x`). */
export function knownKeys(keys: readonly PropertyKey[]): readonly string[] {
  if (keys.length === 1) return ['concurrency', 'timeout', 'cwd', 'env', 'jobs'];
  if (keys.length === 3) return ['run', 'needs', 'timeout', 'grace', 'retry', 'env', 'cwd'];
  return keys[2] === 'run' ? ['module', 'function', 'args'] : ['times', 'delay', 'factor', 'maxDelay'];
}
