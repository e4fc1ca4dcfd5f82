import * as v from 'valibot';
import type { Problem } from './job-file-error.ts';
import { fileSchema, type FileInput } from './schema.ts';
import type { ParsedText } from './syntax.ts';

/** Checks the data against the schema; each problem is put where it stands in the text. */
export function validate({ value, placeOf }: ParsedText): { input?: FileInput; problems: readonly Problem[] } {
  const result = v.safeParse(fileSchema, value, { abortPipeEarly: true });
  if (result.success) return { input: result.output, problems: [] };
  const problems = result.issues.map((issue): Problem => {
    const keys = issue.path?.map(({ key }) => key as PropertyKey) ?? [];
    const concernsKey = issue.path?.at(-1)?.origin === 'key';
    return { place: placeOf(keys, concernsKey ? 'key' : 'value'), text: describe(issue, keys, concernsKey) };
  });
  return { problems };
}

function describe(issue: v.BaseIssue<unknown>, keys: readonly PropertyKey[], concernsKey: boolean): string {
  const subject = keys.length === 0 ? 'a job file' : keys.join('.');
  if (issue.type !== 'strict_object' || !concernsKey) {
    const found = concernsKey ? `"${String(keys.at(-1))}"` : shown(issue.input);
    return `${concernsKey ? `a key of ${parentOf(keys)}` : subject} must be ${issue.message}, not ${found}`;
  }
  const key = String(keys.at(-1));
  return issue.expected === 'never'
    ? `unknown key "${key}" in ${parentOf(keys)}; known are ${knownKeys(keys).join(', ')}`
    : `${parentOf(keys)} lacks the key "${key}"`;
}

function parentOf(keys: readonly PropertyKey[]): string {
  return keys.length === 1 ? 'the file' : keys.slice(0, -1).join('.');
}

/** By depth: the file's keys, then those of a job (`jobs.build.x`), then those of its retries (`jobs.build.retry.x`). */
function knownKeys(keys: readonly PropertyKey[]): readonly string[] {
  if (keys.length === 1) return ['concurrency', 'timeout', 'cwd', 'env', 'jobs'];
  if (keys.length === 3) return ['run', 'needs', 'timeout', 'grace', 'retry', 'env', 'cwd'];
  return ['times', 'delay', 'factor', 'maxDelay'];
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
  return JSON.stringify(value);
}
