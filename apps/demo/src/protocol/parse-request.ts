import * as v from 'valibot';
import { wholeNumber, word } from '../input/schemas.ts';
import { protocolVersion, RequestError, type Request } from './messages.ts';

const id = v.pipe(word, v.maxLength(100, 'at most 100 characters'));
const target = v.pipe(v.string(), v.regex(/^\d+(\/[\w.-]+)?$/, 'a run or a job, such as "3" or "3/build"'));

const requestSchema = v.variant(
  'op',
  [
    v.strictObject({
      id,
      op: v.literal('submit'),
      path: v.pipe(v.string(), v.startsWith('/', 'an absolute path')),
      text: v.string(),
      jobs: v.optional(v.array(v.string())),
    }),
    v.strictObject({ id, op: v.literal('list'), run: v.optional(wholeNumber(1)) }),
    v.strictObject({ id, op: v.literal('cancel'), target }),
    v.strictObject({ id, op: v.literal('tail'), job: target }),
  ],
  'one of submit, list, cancel and tail',
);

/** Whatever can be answered with an error that has the id of its request. */
export interface BadRequest {
  readonly id: string | undefined;
  readonly error: RequestError;
}

/** Understands a line of a client. */
export function parseRequest(line: string): Request | BadRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { id: undefined, error: new RequestError('not-json', `this line is no JSON: ${(error as Error).message}`) };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { id: undefined, error: new RequestError('bad-request', 'a request is a JSON object') };
  }
  const { jobd: version, ...fields } = value as Record<string, unknown>;
  const known = typeof fields['id'] === 'string' ? fields['id'] : undefined;
  if (version !== protocolVersion) {
    const text = `this is version ${protocolVersion} of the protocol: a request has "jobd": ${protocolVersion}`;
    return { id: known, error: new RequestError('bad-version', text) };
  }
  const result = v.safeParse(requestSchema, fields, { abortPipeEarly: true });
  if (result.success) return result.output;
  return { id: known, error: new RequestError('bad-request', result.issues.map(describe).join('; ')) };
}

function describe(issue: v.BaseIssue<unknown>): string {
  const keys = issue.path?.map(({ key }) => String(key)).join('.') ?? '';
  if (issue.type !== 'strict_object') return `"${keys}" must be ${issue.message}`;
  return issue.expected === 'never' ? `"${keys}" is not known` : `"${keys}" is missing`;
}
