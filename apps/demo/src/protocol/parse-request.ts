import { isAbsolute } from 'node:path';
import * as v from 'valibot';
import { wholeNumber, withoutNul, word } from '../input/schemas.ts';
import { shorten } from '../text/shorten.ts';
import { protocolVersion, RequestError, type Request } from './messages.ts';

const id = v.pipe(word, v.maxLength(100, 'at most 100 characters'));
const target = v.pipe(v.string(), v.regex(/^\d+(\/[\w.-]+)?$/, 'a run or a job, such as "3" or "3/build"'));

const longestPath = 4_096;
const mostJobs = 10_000;
const mostIssues = 20;

/** Checks the length first: a megabyte of wrong names would make a megabyte of errors. */
const jobs = v.pipe(
  v.custom<unknown[]>(
    (input) => Array.isArray(input) && input.length <= mostJobs,
    `a list of at most ${mostJobs} names`,
  ),
  v.array(v.string('text')),
);

const path = v.pipe(
  v.string('text'),
  v.check(isAbsolute, 'an absolute path'),
  v.maxLength(longestPath, `at most ${longestPath} characters`),
  v.check(withoutNul, 'text without NUL characters'),
);

const requestSchema = v.variant(
  'op',
  [
    v.strictObject({ id, op: v.literal('authenticate'), token: v.string('text') }),
    v.strictObject({ id, op: v.literal('submit'), path, text: v.string('text'), jobs: v.optional(jobs) }),
    v.strictObject({ id, op: v.literal('list'), run: v.optional(wholeNumber(1)) }),
    v.strictObject({ id, op: v.literal('cancel'), target }),
    v.strictObject({ id, op: v.literal('tail'), job: target }),
  ],
  'one of authenticate, submit, list, cancel and tail',
);

/** A line that is answered with an error. The error has the id of the request, if that could be read. */
export interface BadRequest {
  readonly id: string | undefined;
  readonly error: RequestError;
  /** True if it is not a JSON object: the client speaks another protocol, such as HTTP. */
  readonly isForeign?: true;
}

/** Parses a line of a client. */
export function parseRequest(line: string): Request | BadRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    const text = `this line is not JSON: ${(error as Error).message}`;
    return { id: undefined, error: new RequestError('not-json', text), isForeign: true };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { id: undefined, error: new RequestError('bad-request', 'a request is a JSON object'), isForeign: true };
  }
  const { jobd: version, ...fields } = value as Record<string, unknown>;
  const known = typeof fields['id'] === 'string' ? fields['id'] : undefined;
  if (version !== protocolVersion) {
    const text = `this is version ${protocolVersion} of the protocol: a request has "jobd": ${protocolVersion}`;
    return { id: known, error: new RequestError('bad-version', text) };
  }
  const result = v.safeParse(requestSchema, fields, { abortPipeEarly: true });
  if (result.success) return result.output;
  return {
    id: known,
    error: new RequestError('bad-request', result.issues.slice(0, mostIssues).map(describe).join('; ')),
  };
}

function describe(issue: v.BaseIssue<unknown>): string {
  const keys = issue.path?.map(({ key }) => shorten(String(key), 100)).join('.') ?? '';
  if (issue.type !== 'strict_object') return `"${keys}" must be ${issue.message}`;
  return issue.expected === 'never' ? `"${keys}" is not known` : `"${keys}" is missing`;
}
